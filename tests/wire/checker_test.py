"""The checker of histories: true ones pass, and each kind of fault is found with the events that make it up.

PATCHBAY_SEED repeats a run of the random worlds. PATCHBAY_LONG: a hundred times as many.
"""
import copy
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from changes import CHANGES  # noqa: E402
from checker import check  # noqa: E402
from worlds import World  # noqa: E402

SEED = int(os.environ.get("PATCHBAY_SEED") or random.randrange(1 << 32))
WORLDS = 20_000 if os.environ.get("PATCHBAY_LONG") else 200


class Story:
    """A history by hand: one call an event, in the order of time. One topic, x, and one epoch, e, unless it is said otherwise."""

    def __init__(self):
        self.events = []

    def __getattr__(self, event):
        if event.startswith("__"):
            raise AttributeError(event)
        def add(client, **fields):
            if event in ("joined", "came", "end", "stands", "kept", "durable", "at"):
                fields = {"topic": "x", "epoch": "e"} | fields
            if event == "joined":
                start = fields["since"]["offset"] if fields.get("recovered") and "since" in fields else fields["offset"]
                fields = {"from": fields.pop("start", start)} | fields
            if event in ("joined", "came", "at", "connected", "outcome"):
                fields = {"connection": 1} | fields
            self.events.append({"client": client, "n": len(self.events), "t": float(len(self.events)), "event": event, **fields})
            return self
        return add

    def loses_disk(self):
        return getattr(self, "lost-disk")("disk")

    def says(self, client, id, offset, topic="x", epoch="e"):
        """Sent and acknowledged."""
        self.sent(client, id=id, topic=topic, body=f"{client} {id}")
        return self.outcome(client, id=id, data={"epoch": epoch, "offset": offset})

    def hears(self, client, by, offset, handled=True, **fields):
        return self.came(client, offset=offset, by=by, body=f"{by[0]} {by[1]}", handled=handled, **fields)

    def ends(self, last, *by, first=1, epoch="e"):
        """What an observer finds: the publications of `by` from `first` on."""
        self.stands("observer", first=first, last=last, epoch=epoch)
        for offset, (client, id) in enumerate(by, first):
            self.kept("observer", offset=offset, by=[client, id], body=f"{client} {id}", epoch=epoch)
        return self


def story():
    return Story().connected("ann").connected("bob").joined("ann", offset=0).joined("bob", offset=0)


class Found(unittest.TestCase):
    def finds(self, told, rule, *events, **options):
        """Exactly this, and nothing else besides; `events` are the kinds of those that make it up."""
        found = check(told.events, **options)
        self.assertEqual([each.rule for each in found], [rule], "\n".join(map(str, found)))
        self.assertEqual([event["event"] for event in found[0].events], list(events))
        self.assertIn(rule, str(found[0]))

    def passes(self, told, **options):
        self.assertEqual(list(map(str, check(told.events, **options))), [])


class Runs(Found):
    def test_everything_once_and_in_order_passes(self):
        told = story().says("ann", 1, 1).says("ann", 2, 2)
        for client in ("ann", "bob"):
            told.hears(client, ["ann", 1], 1).hears(client, ["ann", 2], 2).end(client, last=2)
        self.passes(told.ends(2, ("ann", 1), ("ann", 2)))

    def test_a_publication_left_out_is_a_gap(self):
        told = story().hears("bob", ["ann", 1], 1).hears("bob", ["ann", 3], 3)
        for id in (1, 2, 3):
            told.sent("ann", id=id, topic="x", body=f"ann {id}")
        self.finds(told, "gap", "came", "came", settled=False, drops=True)

    def test_where_only_the_newest_counts_nothing_is_a_gap_but_going_back_is(self):
        told = Story().connected("bob").joined("bob", offset=0, latest=True)
        told.sent("ann", id=1, topic="x", body="ann 1").sent("ann", id=5, topic="x", body="ann 5")
        self.passes(copy.deepcopy(told).hears("bob", ["ann", 1], 1).hears("bob", ["ann", 5], 5), settled=False)
        self.finds(told.hears("bob", ["ann", 5], 5).hears("bob", ["ann", 1], 1), "reordering", "came", "came", settled=False)

    def test_a_publication_handled_again_is_a_double(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1).connected("bob", connection=2)
        told.joined("bob", connection=2, offset=1, recovered=True, since={"epoch": "e", "offset": 0}).hears("bob", ["ann", 1], 1, connection=2)
        self.finds(told, "double", "came", "came", settled=False)

    def test_a_publication_handled_behind_a_later_one_is_reordering(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").sent("ann", id=2, topic="x", body="ann 2")
        told.joined("bob", offset=2, start=1).hears("bob", ["ann", 2], 2).connected("bob", connection=2)
        told.joined("bob", connection=2, offset=2, recovered=True, since={"epoch": "e", "offset": 0}).hears("bob", ["ann", 1], 1, connection=2)
        self.finds(told, "reordering", "came", "came", settled=False)

    def test_a_new_start_begins_anew(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1)
        self.passes(told.joined("bob", offset=1, start=0).hears("bob", ["ann", 1], 1), settled=False)

    def test_a_run_begins_where_its_start_says(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").sent("ann", id=2, topic="x", body="ann 2")
        self.finds(told.joined("bob", offset=2, start=0).hears("bob", ["ann", 2], 2), "gap", "joined", "came", settled=False, drops=True)

    def test_who_ends_before_the_topic_has_a_gap(self):
        told = story().says("ann", 1, 1).hears("ann", ["ann", 1], 1).end("ann", last=1).end("bob", last=0)
        self.finds(told.ends(1, ("ann", 1)), "gap", "end", "stands")

    def test_who_ends_in_another_epoch_has_a_gap(self):
        self.finds(Story().end("bob", last=0, epoch="f").ends(0), "gap", "end", "stands")

    def test_who_is_still_on_the_way_has_none(self):
        told = story().says("ann", 1, 1).end("bob", last=0)
        self.passes(told.ends(1, ("ann", 1)), settled=False)

    def test_a_history_with_a_hole_is_a_gap(self):
        told = story().says("ann", 1, 1).stands("observer", first=1, last=2)
        self.finds(told.kept("observer", offset=1, by=["ann", 1], body="ann 1"), "gap", "stands")


class Wires(Found):
    def setUp(self):
        self.told = story()
        for id in range(1, 6):
            self.told.sent("ann", id=id, topic="x", body=f"ann {id}")

    def finds(self, *expected, **options):
        super().finds(self.told, *expected, **{"settled": False, **options})

    def test_a_hole_behind_what_is_recovered(self):
        self.told.connected("bob", connection=2).joined("bob", connection=2, offset=3, recovered=True, since={"epoch": "e", "offset": 1})
        self.told.hears("bob", ["ann", 3], 3, connection=2, handled=False)
        self.finds("hole", "joined", "came")

    def test_a_hole_behind_what_was_new(self):
        self.told.hears("bob", ["ann", 1], 1).hears("bob", ["ann", 3], 3, handled=False)
        self.finds("hole", "joined", "came")

    def test_a_hole_right_behind_a_join(self):
        self.told.hears("bob", ["ann", 2], 2, handled=False)
        self.finds("hole", "joined", "came")

    def test_a_newest_state_may_begin_anywhere_up_to_the_end(self):
        self.told.joined("ann", offset=4, start=2).hears("ann", ["ann", 3], 3).hears("ann", ["ann", 4], 4).hears("ann", ["ann", 5], 5)
        self.passes(self.told, settled=False)

    def test_recovered_from_elsewhere_than_was_asked(self):
        self.told.joined("bob", offset=3, start=2, recovered=True, since={"epoch": "e", "offset": 1})
        self.finds("hole", "joined")

    def test_what_is_sent_again_on_a_connection_is_a_double(self):
        self.told.hears("bob", ["ann", 1], 1).hears("bob", ["ann", 1], 1, handled=False)
        self.finds("double", "joined", "came", "came")

    def test_what_was_recovered_already_is_a_double(self):
        self.told.connected("bob", connection=2).joined("bob", connection=2, offset=2, recovered=True, since={"epoch": "e", "offset": 1})
        self.told.hears("bob", ["ann", 1], 1, connection=2, handled=False)
        self.finds("double", "joined", "came")

    def test_where_things_may_be_dropped_a_hole_is_none(self):
        self.told.hears("bob", ["ann", 2], 2, handled=False).at("bob", offset=2)
        self.told.joined("bob", offset=2, recovered=True, since={"epoch": "e", "offset": 0}).hears("bob", ["ann", 1], 1).hears("bob", ["ann", 2], 2)
        self.passes(self.told, settled=False, drops=True)

    def test_what_comes_on_the_next_connection_is_not_of_the_one_before(self):
        self.told.hears("bob", ["ann", 1], 1).connected("bob", connection=2)
        self.told.joined("bob", connection=2, offset=3, recovered=True, since={"epoch": "e", "offset": 1})
        self.told.hears("bob", ["ann", 2], 2, connection=2).hears("bob", ["ann", 3], 3, connection=2)
        self.passes(self.told, settled=False)

    def test_recovered_from_another_epoch(self):
        self.told.joined("bob", offset=3, recovered=True, since={"epoch": "d", "offset": 1})
        self.finds("epoch kept", "joined")

    def test_recovered_from_beyond_the_end(self):
        self.told.joined("bob", offset=3, recovered=True, since={"epoch": "e", "offset": 4})
        self.finds("epoch kept", "joined")

    def test_not_recovered_though_nothing_can_have_gone(self):
        self.told.joined("bob", offset=3, recovered=False, since={"epoch": "e", "offset": 1})
        self.passes(self.told, settled=False)
        self.passes(self.told, settled=False, keeps=1)
        self.finds("needless", "joined", keeps=2)

    def test_not_recovered_where_it_cannot_be(self):
        self.told.joined("bob", offset=3, recovered=False, since={"epoch": "d", "offset": 1})
        self.told.joined("bob", offset=3, recovered=False, since={"epoch": "e", "offset": 4})
        self.passes(self.told, settled=False, keeps=100)

    def test_a_since_without_an_answer_and_an_answer_without_a_since(self):
        self.told.joined("bob", offset=3, since={"epoch": "e", "offset": 1})
        self.finds("needless", "joined")

    def test_recovered_without_a_since(self):
        self.told.joined("bob", offset=3, recovered=True)
        self.finds("needless", "joined")

    def test_who_gave_no_since_may_hear_that_a_history_begins_anew(self):
        self.passes(self.told.joined("bob", offset=0, epoch="f", recovered=False), settled=False)


class Topics(Found):
    def test_a_place_that_holds_two_things_was_taken_back(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").sent("bob", id=1, topic="x", body="bob 1")
        self.finds(told.hears("ann", ["ann", 1], 1).hears("bob", ["bob", 1], 1), "taken back", "came", "came", settled=False)

    def test_a_place_that_holds_two_things_of_two_clients_that_say_the_same(self):
        told = story().sent("ann", id=1, topic="x", body="hi").sent("bob", id=1, topic="x", body="hi")
        told.came("ann", offset=1, by=["ann", 1], body="hi", handled=True).came("bob", offset=1, by=["bob", 1], body="hi", handled=True)
        self.finds(told, "taken back", "came", "came", settled=False)

    def test_after_the_disk_has_lost_the_end_its_epoch_was_kept(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").sent("bob", id=1, topic="x", body="bob 1").hears("ann", ["ann", 1], 1)
        told.loses_disk().connected("bob", connection=2)
        told.joined("bob", connection=2, offset=1, start=0).hears("bob", ["bob", 1], 1, connection=2)
        self.finds(told, "epoch kept", "came", "lost-disk", "came", settled=False)

    def test_another_epoch_is_another_place(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").sent("bob", id=1, topic="x", body="bob 1").hears("ann", ["ann", 1], 1)
        told.connected("bob", connection=2).joined("bob", connection=2, offset=1, start=0, epoch="f").hears("bob", ["bob", 1], 1, connection=2, epoch="f")
        self.passes(told, settled=False)

    def test_a_topic_that_goes_back_has_kept_its_epoch(self):
        told = story().joined("ann", offset=7).connected("bob", connection=2).joined("bob", connection=2, offset=6)
        self.finds(told, "epoch kept", "joined", "joined")

    def test_a_topic_behind_what_somebody_has_seen_has_kept_its_epoch(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("ann", ["ann", 1], 1)
        self.finds(told.connected("bob", connection=2).joined("bob", connection=2, offset=0), "epoch kept", "came", "joined", settled=False)

    def test_what_was_long_on_its_way_does_not_go_back(self):
        told = Story().connected("ann").connected("bob").joined("ann", offset=7).joined("bob", offset=6)
        self.passes(told)

    def test_an_amended_publication_is_its_old_and_its_new_self(self):
        told = story().says("ann", 1, 1).hears("ann", ["ann", 1], 1)
        told.sent("ann", id=2, topic="x", body="ann 2").came("ann", offset=2, by=["ann", 2], body="ann 2", handled=True, amends=1)
        told.outcome("ann", id=2, ok=True).connected("bob", connection=2).joined("bob", connection=2, offset=2, start=0)
        told.came("bob", connection=2, offset=1, by=["ann", 1], body="ann 2", handled=True)
        told.came("bob", connection=2, offset=2, by=["ann", 2], body="ann 2", handled=True, amends=1)
        told.stands("observer", first=1, last=2).kept("observer", offset=1, by=["ann", 1], body="ann 2")
        told.kept("observer", offset=2, by=["ann", 2], body="ann 2", amends=1)
        self.passes(told)

    def test_a_new_self_that_nobody_gave_it(self):
        told = story().says("ann", 1, 1).hears("ann", ["ann", 1], 1).came("bob", offset=1, by=["ann", 1], body="other", handled=True)
        self.assertEqual({each.rule for each in check(told.events)}, {"taken back", "invented"})

    def test_what_was_shown_and_is_not_there_was_taken_back(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1)
        self.finds(told.ends(0), "taken back", "came", "stands", settled=False)

    def test_what_many_were_shown_is_told_once(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1).hears("ann", ["ann", 1], 1)
        self.finds(copy.deepcopy(told).ends(0), "taken back", "came", "stands", settled=False)
        told.sent("eve", id=1, topic="x", body="eve 1")
        for client in ("eve", "joe", "sue"):
            told.connected(client).joined(client, offset=1, start=0).hears(client, ["eve", 1], 1)
        self.finds(told, "taken back", "came", "came", settled=False)

    def test_what_was_shown_in_an_epoch_that_is_over_was_taken_back(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1)
        self.finds(told.ends(0, epoch="f"), "taken back", "came", "stands", settled=False)

    def test_what_was_shown_before_the_disk_lost_it_was_not(self):
        told = story().says("ann", 1, 1).hears("bob", ["ann", 1], 1).loses_disk()
        self.passes(told.hears("ann", ["ann", 1], 1).ends(0, epoch="f"))

    def test_what_was_shown_and_is_too_old_was_not(self):
        told = story().says("ann", 1, 1).says("ann", 2, 2).hears("bob", ["ann", 1], 1)
        self.passes(told.ends(2, ("ann", 2), first=2))


class Requests(Found):
    def test_no_outcome(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1")
        self.passes(told, settled=False)
        self.finds(told, "outcomes", "sent")

    def test_two_outcomes_on_one_connection(self):
        told = story().says("ann", 1, 1)
        told.outcome("ann", id=1, data={"epoch": "e", "offset": 1})
        self.finds(told, "outcomes", "outcome", "outcome")

    def test_the_same_outcome_on_another_connection_is_the_recorded_one(self):
        told = story().says("ann", 1, 1).outcome("ann", id=1, connection=2, data={"epoch": "e", "offset": 1})
        self.passes(told)

    def test_another_outcome_on_another_connection(self):
        told = story().says("ann", 1, 1).outcome("ann", id=1, connection=2, data={"epoch": "e", "offset": 2})
        self.finds(told, "outcomes", "outcome", "outcome")

    def test_an_error_that_says_nothing_was_done_though_it_was(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").outcome("ann", id=1, error={"code": "failed", "retry": False})
        self.passes(told)
        self.finds(told.hears("bob", ["ann", 1], 1), "undone", "outcome", "came")

    def test_an_error_that_says_nothing_of_it(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").outcome("ann", id=1, error={"code": "forgotten", "retry": False})
        self.passes(told.hears("bob", ["ann", 1], 1))

    def test_a_request_published_twice(self):
        told = story().says("ann", 1, 1).hears("bob", ["ann", 1], 1).hears("bob", ["ann", 1], 2)
        self.finds(told, "double", "came", "came")
        self.assertEqual([event["offset"] for event in check(told.events)[0].events], [1, 2])

    def test_a_request_published_in_two_epochs(self):
        told = story().says("ann", 1, 1).hears("bob", ["ann", 1], 1)
        told.connected("bob", connection=2).joined("bob", connection=2, offset=0, epoch="f").hears("bob", ["ann", 1], 1, epoch="f", connection=2)
        self.finds(told, "double", "came", "came")

    def test_a_request_published_again_after_the_disk_lost_it(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1).loses_disk()
        told.connected("ann", connection=2).outcome("ann", id=1, connection=2, data={"epoch": "f", "offset": 1})
        self.passes(told.ends(1, ("ann", 1), epoch="f"))

    def test_what_nobody_sent(self):
        self.finds(story().hears("bob", ["ann", 1], 1), "invented", "came")

    def test_what_somebody_sent_otherwise(self):
        told = story().sent("ann", id=1, topic="x", body="other")
        self.finds(told.hears("bob", ["ann", 1], 1), "invented", "sent", "came", settled=False)

    def test_what_somebody_sent_to_another_topic(self):
        told = story().sent("ann", id=1, topic="y", body="ann 1")
        self.finds(told.hears("bob", ["ann", 1], 1), "invented", "sent", "came", settled=False)

    def test_what_the_server_says_itself_needs_no_sender(self):
        self.passes(story().came("bob", offset=1, by=None, body="hello", handled=True))


class Acknowledgements(Found):
    def test_what_was_acknowledged_and_is_not_there(self):
        self.finds(story().says("ann", 1, 1).ends(0), "lost acknowledgement", "sent", "outcome", "stands")

    def test_what_was_acknowledged_without_a_place_and_is_not_there(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").outcome("ann", id=1, ok=True)
        self.finds(told.ends(0), "lost acknowledgement", "sent", "outcome", "stands")

    def test_what_was_acknowledged_and_is_gone_with_its_epoch(self):
        self.finds(story().says("ann", 1, 1).ends(0, epoch="f"), "lost acknowledgement", "sent", "outcome", "stands")

    def test_what_was_acknowledged_elsewhere(self):
        self.finds(story().says("ann", 1, 2).ends(1, ("ann", 1)), "lost acknowledgement", "outcome", "kept")

    def test_what_was_acknowledged_before_the_disk_lost_it(self):
        told = story().says("ann", 1, 1).sent("ann", id=2, topic="x", body="ann 2").loses_disk()
        told.outcome("ann", id=2, data={"epoch": "e", "offset": 2})  # was on its way
        self.passes(told.ends(0, epoch="f"))

    def test_what_the_disk_has_not_lost_is_in_another_epoch_and_was_acknowledged_in_the_old_one(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").loses_disk().connected("ann", connection=2)
        told.outcome("ann", connection=2, id=1, data={"epoch": "e", "offset": 1})
        self.passes(told.ends(1, ("ann", 1), epoch="f"))

    def test_what_was_acknowledged_after_it(self):
        told = story().loses_disk().connected("ann", connection=2).sent("ann", id=1, topic="x", body="ann 1")
        told.outcome("ann", connection=2, id=1, ok=True)
        self.finds(told.ends(0, epoch="f"), "lost acknowledgement", "sent", "outcome", "stands")

    def test_what_is_too_old_to_be_there(self):
        told = story().says("ann", 1, 1).says("ann", 2, 2)
        self.passes(told.ends(2, ("ann", 2), first=2))
        told = story().sent("ann", id=1, topic="x", body="ann 1").outcome("ann", id=1, ok=True).says("ann", 2, 2)
        self.passes(told.ends(2, ("ann", 2), first=2))

    def test_what_was_seen_where_it_should_be_still_is_lost(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").outcome("ann", id=1, ok=True).joined("bob", offset=1).hears("bob", ["ann", 1], 2)
        self.assertIn("lost acknowledgement", {each.rule for each in check(told.ends(2, first=2).events)})

    def test_what_is_lost_where_only_older_things_may_be(self):
        told = story().says("ann", 2, 2).says("ann", 3, 3)
        self.finds(told.ends(2, ("ann", 2), first=2), "lost acknowledgement", "sent", "outcome", "stands")

    def test_a_refusal_is_no_acknowledgement(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").outcome("ann", id=1, error={"code": "slow-mode", "retry": True})
        self.passes(told.ends(0))


class Orders(Found):
    def test_requests_of_one_client_the_other_way_round(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").sent("ann", id=2, topic="x", body="ann 2")
        told.hears("bob", ["ann", 2], 1).hears("bob", ["ann", 1], 2)
        self.finds(told, "reordering", "came", "came", settled=False)

    def test_requests_of_two_clients_may_pass_each_other(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").sent("bob", id=1, topic="x", body="bob 1")
        self.passes(told.hears("bob", ["bob", 1], 1).hears("bob", ["ann", 1], 2), settled=False)

    def test_what_was_sent_after_an_acknowledgement_is_behind_it(self):
        told = story().says("ann", 1, 2).sent("bob", id=1, topic="x", body="bob 1")
        told.hears("bob", ["bob", 1], 1).hears("bob", ["ann", 1], 2)
        self.finds(told, "reordering", "outcome", "sent", "came", "came", settled=False)

    def test_topics_have_no_order_among_them(self):
        told = story().joined("bob", offset=0, topic="y").says("ann", 1, 1).sent("bob", id=1, topic="y", body="bob 1")
        self.passes(told.hears("bob", ["bob", 1], 1, topic="y").hears("bob", ["ann", 1], 1), settled=False)


class Durability(Found):
    def test_shown_before_it_was_durable(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1).durable("store", offset=1)
        self.finds(told, "early", "came", "durable", settled=False)

    def test_acknowledged_before_it_was_durable(self):
        told = story().says("ann", 1, 1).durable("store", offset=1).hears("bob", ["ann", 1], 1)
        self.finds(told, "early", "outcome", "durable")

    def test_acknowledged_and_never_durable(self):
        told = story().durable("store", offset=1, topic="y").says("ann", 1, 1)
        self.finds(told, "early", "outcome")

    def test_shown_and_never_durable(self):
        told = story().durable("store", offset=1, topic="y").sent("ann", id=1, topic="x", body="ann 1").hears("bob", ["ann", 1], 1)
        self.finds(told, "early", "came", settled=False)

    def test_durable_first(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").durable("store", offset=1).outcome("ann", id=1, ok=True)
        self.passes(told.hears("bob", ["ann", 1], 1).durable("store", offset=1))  # said once more after a start

    def test_an_outcome_that_promises_nothing_need_not_be_behind_it(self):
        told = story().sent("ann", id=1, topic="x", body="ann 1").outcome("ann", id=1, error={"code": "forgotten", "retry": False})
        self.passes(told.durable("store", offset=1).hears("bob", ["ann", 1], 1))

    def test_a_refusal_need_not_be_durable(self):
        told = story().durable("store", offset=1, topic="y").sent("ann", id=1, topic="x", body="ann 1")
        self.passes(told.outcome("ann", id=1, error={"code": "busy", "retry": True}))


class Sorting(Found):
    def test_the_fewest_events_come_first_and_then_the_earliest(self):
        told = story().says("ann", 1, 1).hears("bob", ["eve", 1], 1).hears("bob", ["eve", 2], 2).ends(0)
        found = check(told.events, settled=False)
        self.assertEqual([len(each.events) for each in found], sorted(len(each.events) for each in found))
        self.assertEqual([each.events[0]["offset"] for each in found[:2]], [1, 2])
        self.assertEqual(found[-1].rule, "lost acknowledgement")


class ByHand(unittest.TestCase):
    def test_a_file_of_events_is_judged_and_told(self):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "checker.py")
        for told, code, said in ((story(), 0, "0 contradictions"), (story().hears("bob", ["ann", 1], 1), 1, "invented: ")):
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
                file.write("".join(json.dumps(event) + "\n" for event in told.events))
                file.flush()
                ended = subprocess.run([sys.executable, program, file.name], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((ended.returncode, said in ended.stdout), (code, True), ended.stdout + ended.stderr)


class Worlds(unittest.TestCase):
    """Random worlds in which all is well, and the same with one thing changed."""

    def test_what_is_true_passes(self):
        for number in range(WORLDS):
            world = World(f"{SEED}/{number}")
            found = check(world.events, keeps=world.keeps, settled=True)
            self.assertEqual(list(map(str, found[:1])), [], f"PATCHBAY_SEED={SEED}, world {number}")

    def test_one_change_is_found(self):
        """Each kind of change in a twentieth of the worlds at least, or it is not tried."""
        for change, rules in CHANGES.items():
            tried = 0
            for number in range(WORLDS):
                world = World(f"{SEED}/{number}")
                draw = random.Random(f"{SEED}/{number}/{change.__name__}")
                events = change(world.events, draw)
                if events is None:
                    continue
                tried += 1
                found = check(events, keeps=world.keeps)
                about = f"PATCHBAY_SEED={SEED}, world {number}: {change.__doc__}"
                self.assertTrue({each.rule for each in found} & rules, f"{about}: found {found[:1]}")
                for each in found[:3]:  # its events alone are contradictory in the same way
                    self.assertIn(each.rule, {alone.rule for alone in check(each.events, keeps=world.keeps)}, about)
            self.assertGreater(tried, WORLDS // 20, change.__doc__)


cases.run_unittest("integration_wire_checker")
