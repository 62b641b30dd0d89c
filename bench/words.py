"""Texts as people write them, made up: no two alike but where that is asked for. Words fall off as in any language."""

from __future__ import annotations

from random import Random

_TEXT = """
de la que el en los un una con por se las del al hay no vi casa calle coche esquina rojo dos hombres
venden droga noche ayer señor niño joven armas gritos puerta azul camioneta blanca placas tienda
escuela colonia centro norte sur barrio policía patrulla dinero cobran piso amenaza familia vecino
taller lote baldío bodega parque camión gasolina moto negra gorra tatuaje cicatriz alto gordo flaco
rubia acento cristal piedra polvo bolsa mochila maletas perro jaula reja techo lámina verde amarilla
gris dorada vidrio roto fuego humo olor ruido música fiesta cantina bar hotel motel cuarto piso
segundo tercero sótano patio barda alambre cámara antena radio teléfono chip mensaje llamada número
clave contraseña banco cajero tarjeta recibo factura nómina sueldo patrón obrero maquila turno
mañana tarde madrugada lunes martes miércoles jueves viernes sábado domingo semana mes año pasado
próximo llegan salen entran esperan vigilan cargan descargan esconden entierran queman compran roban
golpean encierran amarrado llorando herido sangre ambulancia hospital clínica farmacia receta médico
enfermera maestra alumno salón recreo cancha iglesia padre misa mercado puesto fruta carne pan
tortilla refresco cerveza cigarro botella vaso street corner house truck white guns money kids
school night please help they sell drugs behind the store
"""
_WORDS = _TEXT.translate(str.maketrans("áíóú", "aiou")).split()
"""With the accents that the GSM alphabet has: é and ñ."""
_WEIGHTS = [1 / (rank + 3) for rank in range(len(_WORDS))]
_STREETS = (
    "Hidalgo",
    "Bolivar",
    "Reforma",
    "Insurgentes",
    "Aztecas",
    "Morelos",
    "Allende",
    "Zaragoza",
    "Aldama",
)
LONGEST = 140


def text(random: Random) -> str:
    """Return a text of about a hundred characters that fits one message."""
    words = random.choices(_WORDS, _WEIGHTS, k=random.randrange(8, 22))
    words += (random.choice(_STREETS), str(random.randrange(1, 9999)))
    return " ".join(words)[:LONGEST].capitalize()


def nearly(same: str, random: Random) -> str:
    """Return ``same`` as somebody else would have typed it."""
    at = random.randrange(len(same) - 1)
    return (same[:at] + random.choice("aeion ") + same[at + 1 :]).upper()
