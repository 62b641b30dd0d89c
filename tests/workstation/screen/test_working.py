"""An analyst at work, in a real browser: reading, searching, sorting by keyboard, many at once, undoing, merging."""

from __future__ import annotations

import re

from tests.support.browser import Watched
from tests.support.screens import REPEATED, City
from workstation.book import listing
from workstation.book.rows import Filter, TipRow


def tip(city: City, number: int) -> TipRow:
    with city.book() as book:
        return listing.tip(book, number)


def unread(city: City) -> list[int]:
    """Return the tips to be read, as the list has them."""
    with city.book() as book:
        found = listing.page(book, Filter(statuses=("delivered",)), now=city.now, size=50)
    return [row.id for row in found.rows]


def test_the_list_shows_what_is_to_be_read_and_a_tip_opens_with_enter(watched: Watched, city: City) -> None:
    wanted = unread(city)
    assert watched.shown() == wanted
    watched.press("j", "k", "j", "Enter")
    watched.page.wait_for_url(re.compile(rf"/tips/{wanted[1]}\b"))
    assert (tip(city, wanted[1]).text or "").split()[0] in watched.page.inner_text("main")


def test_j_and_k_go_through_the_list_on_the_tips_own_page_and_i_back_to_it(
    watched: Watched, city: City
) -> None:
    first, second = unread(city)[:2]
    watched.press("o")
    watched.page.wait_for_url(re.compile(rf"/tips/{first}\b"))
    watched.press("j")
    watched.page.wait_for_url(re.compile(rf"/tips/{second}\b"))
    watched.press("k")
    watched.page.wait_for_url(re.compile(rf"/tips/{first}\b"))
    watched.press("i")
    watched.page.wait_for_url(re.compile(r"/inbox"))
    assert watched.page.evaluate("document.activeElement.id") == f"t{first}"


def test_a_search_finds_parts_of_words_without_their_accents(watched: Watched, city: City) -> None:
    watched.press("/")
    watched.page.keyboard.type("GOMEZ mori")
    watched.press("Enter")
    watched.page.wait_for_url(re.compile(r"q=GOMEZ"))
    with city.book() as book:
        found = listing.page(book, Filter(text="gómez mori", statuses=("delivered",)), now=city.now, size=50)
    assert found.rows
    assert watched.shown() == [row.id for row in found.rows]
    watched.go("/inbox?q=nadadeeso&order=newest")
    assert "No tip has all these words" in watched.text


def test_a_tip_is_sorted_by_keyboard_alone_and_undone(watched: Watched, city: City) -> None:
    first = unread(city)[0]
    watched.press("c")
    watched.page.keyboard.type("kid")
    watched.press("Enter")
    watched.page.wait_for_selector("#said .notice")
    assert watched.said.startswith("Category set: 1 tip.")
    assert tip(city, first).category == "kidnapping"
    watched.press("u")
    watched.page.wait_for_selector("text=both steps stand in the log")
    assert tip(city, first).category is None


def test_a_tip_is_assigned_and_closed_with_its_reason_and_the_next_one_is_marked(
    watched: Watched, city: City
) -> None:
    first, second = unread(city)[:2]
    watched.press("a")
    watched.page.keyboard.type("Robos")
    watched.press("Enter")
    watched.page.wait_for_selector("text=Assigned: 1 tip.")
    assert tip(city, first).unit == "Robos"
    watched.press("k", "x")
    watched.page.keyboard.type("Prank")
    watched.press("Tab")
    watched.page.keyboard.type("a child with a phone")
    watched.press("Enter")
    watched.page.wait_for_selector("text=Closed: 1 tip.")
    closed = tip(city, first)
    assert (closed.status, closed.closed is not None) == ("not_actionable.prank", True)
    assert watched.page.evaluate("document.activeElement.id") == f"t{second}"
    watched.go(f"/tips/{first}")
    assert "a child with a phone" in watched.text
    watched.press("u")
    watched.page.wait_for_selector("text=both steps stand in the log")
    assert tip(city, first).status == "delivered"


def test_closing_without_a_reason_changes_nothing_and_says_so(watched: Watched, city: City) -> None:
    first = unread(city)[0]
    watched.press("x")
    watched.press("Enter")
    watched.page.wait_for_selector("text=Choose a value from the list first.")
    assert tip(city, first).status == "delivered"


def test_several_tips_are_changed_in_one_step_and_taken_back_in_one(watched: Watched, city: City) -> None:
    chosen = unread(city)[1:4]
    watched.press("j")
    for _ in chosen:
        watched.press("Space", "j")
    assert watched.page.inner_text("#chosen") == "3 chosen"
    watched.press("p")
    watched.page.keyboard.type("urgent")
    watched.press("Enter")
    watched.page.wait_for_selector("text=Priority set: 3 tips.")
    assert [tip(city, number).priority for number in chosen] == [3, 3, 3]
    watched.press("u")
    watched.page.wait_for_selector("text=both steps stand in the log")
    assert [tip(city, number).priority for number in chosen] == [0, 0, 0]


def test_all_of_a_page_are_chosen_and_left(watched: Watched, city: City) -> None:
    watched.press("A")
    assert watched.page.inner_text("#chosen") == f"{len(unread(city))} chosen"
    watched.press("A")
    assert watched.page.inner_text("#chosen") == "The marked row"


def test_letters_typed_into_a_field_are_no_shortcuts(watched: Watched) -> None:
    watched.press("/")
    watched.page.keyboard.type("cx?jk")
    assert watched.page.input_value("#q") == "cx?jk"
    assert not watched.page.query_selector("details.act[open]")


def test_shortcuts_can_be_switched_off(watched: Watched) -> None:
    watched.go("/settings")
    watched.click("text=Switch shortcuts off")
    watched.go("/inbox")
    watched.press("c")
    assert not watched.page.query_selector("details.act[open]")


def test_likely_duplicates_stand_beside_a_tip_and_are_merged(watched: Watched, city: City) -> None:
    with city.book() as book:
        found = listing.page(book, Filter(text=f'"{REPEATED}"'), now=city.now).rows
    later, earlier = (row.id for row in found)
    watched.go(f"/tips/{later}")
    assert REPEATED in watched.page.inner_text(f"article[aria-label='Tip {earlier}']")
    watched.press("m")
    watched.page.wait_for_selector("text=Merged into the earlier one.")
    assert tip(city, later).merged_into == earlier
    assert "This tip was merged into another." in watched.text
    watched.press("u")
    watched.page.wait_for_selector("text=both steps stand in the log")
    assert tip(city, later).merged_into is None
    watched.click("text=Not the same")
    watched.page.wait_for_selector("text=Noted: not the same.")
    assert not watched.page.query_selector(f"article[aria-label='Tip {earlier}']")


def test_a_note_is_written_and_a_link_made_and_taken_away(watched: Watched, city: City) -> None:
    one, other = unread(city)[:2]
    watched.go(f"/tips/{one}")
    watched.press("n")
    watched.page.keyboard.type("Se habló con la <b>fiscalía</b>")
    watched.press("Control+Enter")
    watched.page.wait_for_selector("text=Note added: 1 tip.")
    assert "Se habló con la <b>fiscalía</b>" in watched.text
    watched.page.fill("#other", str(other))
    watched.click("button[value=link]")
    watched.page.wait_for_selector("text=Linked.")
    watched.click("text=Take the link away")
    watched.page.wait_for_selector("text=Link taken away.")


def test_a_filter_is_saved_found_again_and_removed(watched: Watched) -> None:
    watched.go("/inbox?class=open&priority=2")
    watched.page.fill("#f-name", "Prioridad alta")
    watched.click("text=Save")
    watched.page.wait_for_selector("text=The filter was saved.")
    watched.go("/inbox")
    watched.click("text=Prioridad alta")
    watched.page.wait_for_url(re.compile(r"priority=2"))
    watched.click("[aria-label='Remove the saved filter Prioridad alta']")
    watched.page.wait_for_selector("text=The saved filter was removed.")


def test_the_language_changes_and_the_page_stays(watched: Watched) -> None:
    watched.go("/inbox?class=open")
    watched.click("button[name=language][value=es]")
    watched.page.wait_for_url(re.compile(r"class=open"))
    assert "Bandeja" in watched.text
    assert watched.page.get_attribute("html", "lang") == "es"
