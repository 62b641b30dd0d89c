"""Columns that stand in several tables, said once."""

from __future__ import annotations

from portal.data.tables import Column, words
from portal.release.model import Answer, Kind

LINE = Column(
    "line", "string", words("Línea, por su nombre corto (lines)", "Line, by its short name (lines)")
)
MONTH = Column("month", "yearmonth", words("Mes, UTC", "Month, UTC"))
PERIOD = Column(
    "period",
    "string",
    words("Mes (2026-11) o trimestre (2026-Q4), UTC", "Month (2026-11) or quarter (2026-Q4), UTC"),
)
AGE = Column(
    "age",
    "integer",
    words(
        "Días desde el fin del periodo hasta la fecha que la tabla describe",
        "Days from the end of the period to the day that the table describes",
    ),
    unit="day",
)
RECEIVED = Column(
    "received",
    "integer",
    words("Denuncias que contaron los equipos; exacto", "Tips that the boxes counted; exact"),
    unit="tip",
)
OPENED = Column(
    "opened",
    "integer",
    words("Denuncias cuya apertura está probada; exacto", "Tips that are proven to have been opened; exact"),
    unit="tip",
)
RECEIVED_SAID = Column(
    "received_said",
    "integer",
    words("Recibidas según el boletín", "Received, as the bulletin says"),
    required=False,
    unit="tip",
)
OPENED_SAID = Column(
    "opened_said",
    "integer",
    words("Abiertas según el boletín", "Opened, as the bulletin says"),
    required=False,
    unit="tip",
)
CONVERSATIONS = Column(
    "conversations",
    "integer",
    words(
        "Conversaciones: mensajes seguidos de un mismo remitente cuentan una vez",
        "Conversations: messages of one sender in a row count once",
    ),
    unit="conversation",
)
CANARIES_SENT = Column(
    "canaries_sent",
    "integer",
    words("Mensajes de prueba que envió el equipo", "Test messages that the box sent"),
    unit="message",
)
CANARIES_RECEIVED = Column(
    "canaries_received",
    "integer",
    words("De ellos, los que volvieron", "Of these, those that came back"),
    unit="message",
)
MINUTES = Column("minutes", "integer", words("Minutos en servicio", "Minutes in service"), unit="minute")
BOX = Column("box", "string", words("Equipo, por su identificador", "Box, by its id"))
SOURCE = Column(
    "source", "string", words("Archivo firmado que lo dice (sources)", "Signed file that says it (sources)")
)
COUNT = Column(
    "count",
    "integer",
    words(
        "Recuento publicado: perturbado, 0 o al menos k; 0 no significa ninguna",
        "Published count: perturbed, 0 or at least k; 0 does not mean none",
    ),
    required=False,
    unit="tip",
)
LOW = Column(
    "low",
    "integer",
    words("El recuento verdadero no es menor", "The true count is not lower"),
    unit="tip",
)
HIGH = Column(
    "high",
    "integer",
    words("El recuento verdadero no es mayor", "The true count is not higher"),
    unit="tip",
)
ANSWER = Column(
    "answer",
    "string",
    words(
        "none: nadie responde; full: todas abiertas; part: no todas; contradicted: los archivos se contradicen",
        "none: nobody answers; full: all opened; part: not all; contradicted: the files contradict each other",
    ),
    values=tuple(map(str, Answer)),
)
KIND = Column(
    "kind",
    "string",
    words("Qué falta o se contradice", "What is missing or contradicts"),
    values=tuple(map(str, Kind)),
)
CODE = Column("code", "string", words("Código", "Code"))
ES = Column("es", "string", words("En español", "In Spanish"))
EN = Column("en", "string", words("En inglés", "In English"))
