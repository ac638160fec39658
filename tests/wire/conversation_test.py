"""The reference client without a network: what it says and does, by the chapters of framework/WIRE.md."""
import base64
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from conversation import Conversation  # noqa: E402
from objects import MOST, WireFault  # noqa: E402

SECRET = "s" * 22
WELCOME = {"session": "9f2", "you": "c81d", "ping": 25, "limits": {"message": 65536, "topics": 100, "ids": 1000}}


class Talk(unittest.TestCase):
    def setUp(self):
        self.noted = []
        self.client = Conversation(SECRET, journal=lambda event, **fields: self.noted.append((event, fields)))

    def begin(self, **welcome):
        """Hello and welcome; the hello."""
        hello = json.loads(self.client.begins())["hello"]
        self.hears({"welcome": {**WELCOME, **welcome}})
        return hello

    def hears(self, *values):
        return self.client.receives("\n".join(json.dumps(value) for value in values))

    def says(self):
        """The objects that it has to say."""
        return [json.loads(line) for message in self.client.takes() for line in message.split("\n")]

    def ask(self, kind="data", data=None, **members):
        return self.client.ask(kind, data, lambda asked: None, **members)

    def handled(self, *values):
        """The data of the publications that the application is given."""
        return [event.value["data"] for event in self.hears(*values) if event.kind == "publication"]

    def faulty(self, *values):
        with self.assertRaises(WireFault):
            self.hears(*values)

    def joined(self, offset, start=None, topic="x", epoch="e", **members):
        return {"joined": topic, "epoch": epoch, "offset": offset, "from": offset if start is None else start, **members}

    def pub(self, offset, topic="x", **members):
        return {"topic": topic, "offset": offset, "data": offset, **members}

    def in_x(self, offset=0, **members):
        """Joined by itself."""
        self.ask("join", join="x")
        number = self.says()[-1]["id"]
        self.hears(self.joined(offset, **members), {"id": number, "ok": True})

    def test_answers_of_the_application_come_without_id_and_topic(self):
        self.begin()
        self.assertEqual([(event.kind, event.value) for event in self.hears({"data": {"type": "Hint"}})], [("said", {"type": "Hint"})])


class Chapter2Messages(Talk):
    def test_the_objects_of_a_message_are_handled_in_their_order(self):
        self.begin()
        self.in_x()
        self.assertEqual(self.handled(self.pub(1), self.pub(2), self.pub(3)), [1, 2, 3])

    def test_a_binary_message_has_its_bytes_as_data(self):
        self.begin()
        self.in_x()
        events = self.client.receives(b'{"topic":"x","offset":1}\n\x00\n\xff')
        self.assertEqual(events[0].value["data"], b"\x00\n\xff")
        self.assertEqual(self.client.receives(b"{}\n\x01")[0][::2], ("said", b"\x01"))
        with self.assertRaises(WireFault):
            self.client.receives(b'{"topic":"x","offset":2}')

    def test_bytes_are_sent_as_a_binary_message_between_texts(self):
        self.begin()
        self.ask(data="a")
        self.ask(data=b"\n\x00")
        self.ask(data="b")
        self.client.tell(b"\x01")
        self.assertEqual(self.client.takes(), ['{"id":1,"data":"a"}', b'{"id":2}\n\n\x00', '{"id":3,"data":"b"}', b"{}\n\x01"])

    def test_what_it_says_at_once_is_joined_as_far_as_a_message_may_be_long(self):
        self.begin(limits={**WELCOME["limits"], "message": 40})
        for number in range(5):
            self.ask(data="x")
        said = self.client.takes()
        self.assertEqual([message.count("\n") for message in said], [1, 1, 0])
        self.assertTrue(all(len(message) <= 40 for message in said))

    def test_two_that_just_fit_into_a_message_are_one(self):
        for most, messages in ((39, 1), (38, 2)):
            self.client = Conversation(SECRET)
            self.begin(limits={**WELCOME["limits"], "message": most})
            self.ask(data="x")
            self.ask(data="x")
            self.assertEqual([len(message) for message in self.client.takes()], [39] if messages == 1 else [19, 19])

    def test_more_than_a_message_may_be_is_refused_at_once(self):
        self.begin(limits={**WELCOME["limits"], "message": 100})
        with self.assertRaises(ValueError):
            self.ask(data="ü" * 40)
        self.ask(data="u" * 40)
        self.assertEqual(len(self.says()), 1)

    def test_a_message_that_is_longer_than_it_may_be_is_a_fault(self):
        self.begin(limits={**WELCOME["limits"], "message": 200})
        self.hears({"more": "x" * 188})
        self.faulty({"more": "x" * 189})

    def test_what_it_does_not_know_it_ignores(self):
        self.begin()
        self.in_x()
        self.assertEqual(self.hears({"people": "x", "v": 1}, {"ask": 1, "data": 1}, {"newer": 1}), [])
        self.assertEqual(self.handled(self.pub(1, newer=1)), [1])

    def test_what_is_no_object_is_a_fault(self):
        self.begin()
        for text in ("", "[]", "1", "{", '{"a":1}\n', '{"a":1,"a":2}', '{"id":1,"ok":true}\n\n{}'):
            with self.assertRaises(WireFault, msg=text):
                self.client.receives(text)


class Chapter3Hello(Talk):
    def test_the_first_hello_says_who_it_is_and_nothing_more(self):
        self.assertEqual(self.begin(), {"client": SECRET, "next": 1})

    def test_a_hello_has_the_token(self):
        self.client.token = "t"
        self.assertEqual(self.begin()["token"], "t")

    def test_a_later_hello_says_what_it_does_not_know_and_where_it_stands(self):
        self.begin()
        self.in_x(offset=7)                       # 1
        self.ask(data="a")                        # 2
        self.ask(data="b")                        # 3
        self.hears({"id": 2, "ok": True}, self.pub(8))
        hello = self.begin()
        self.assertEqual((hello["next"], hello["since"]), (3, {"x": {"epoch": "e", "offset": 8}}))
        self.hears({"id": 3, "ok": True})
        self.assertEqual(json.loads(self.client.begins())["hello"]["next"], 5)  # 4 has joined x again

    def test_a_hello_has_no_more_positions_than_may_be(self):
        self.begin(limits={**WELCOME["limits"], "topics": 2})
        self.hears(*(self.joined(0, topic=topic) for topic in "xyz"))
        self.assertEqual(len(self.begin()["since"]), 2)

    def test_nothing_is_said_before_welcome(self):
        self.client.begins()
        self.ask(data="a")
        self.client.tell("b")
        self.assertEqual(self.client.takes(), [])

    def test_before_welcome_the_server_says_nothing_either(self):
        self.client.begins()
        self.faulty({"id": 1, "ok": True})

    def test_a_second_welcome_is_a_fault(self):
        self.begin()
        self.faulty({"welcome": WELCOME})

    def test_a_welcome_lacks_nothing(self):
        for member in WELCOME:
            self.client.begins()
            self.faulty({"welcome": {name: WELCOME[name] for name in WELCOME if name != member}})
        for limit in WELCOME["limits"]:
            self.client.begins()
            self.faulty({"welcome": {**WELCOME, "limits": {**WELCOME["limits"], limit: None}}})
        for wrong in ({"you": SECRET}, {"you": "y" * 33}, {"ping": 0}):
            self.client.begins()
            self.faulty({"welcome": {**WELCOME, **wrong}})
        self.begin(you="y" * 32, ping=1)


class Chapter4Publications(Talk):
    def setUp(self):
        super().setUp()
        self.begin()
        self.in_x()

    def test_the_next_one_is_handled(self):
        self.assertEqual(self.handled(self.pub(1), self.pub(2)), [1, 2])

    def test_what_it_has_it_ignores(self):
        self.assertEqual(self.handled(self.pub(1), self.pub(1), self.pub(2), self.pub(1)), [1, 2])

    def test_at_a_gap_it_handles_nothing_and_joins_once_from_where_it_stands(self):
        self.assertEqual(self.handled(self.pub(1), self.pub(3), self.pub(4)), [1])
        self.assertEqual(self.says(), [{"id": 2, "join": "x", "since": {"epoch": "e", "offset": 1}}])
        recovered = [self.joined(4, 1, recovered=True), self.pub(2), self.pub(3), self.pub(4)]
        self.assertEqual(self.handled(*recovered, {"id": 2, "ok": True}, self.pub(5)), [2, 3, 4, 5])
        self.assertEqual(self.says(), [])

    def test_a_second_gap_is_mended_as_the_first(self):
        self.hears(self.pub(2))
        self.says()
        self.hears(self.joined(2, 0, recovered=True), self.pub(1), self.pub(2), {"id": 2, "ok": True}, self.pub(9))
        self.assertEqual(self.says(), [{"id": 3, "join": "x", "since": {"epoch": "e", "offset": 2}}])

    def test_a_tail_that_is_lost_while_a_gap_is_mended_is_asked_for_behind_that(self):
        self.hears(self.pub(2))
        self.says()
        self.hears(self.pub(3), self.joined(3, 0, recovered=True), self.pub(1), {"at": {"x": 3}})
        self.assertEqual(self.says(), [])
        self.hears({"id": 2, "ok": True})
        self.assertEqual(self.says(), [{"id": 3, "join": "x", "since": {"epoch": "e", "offset": 1}}])

    def test_passing_publications_are_handled_and_count_for_nothing(self):
        self.assertEqual(self.handled({"topic": "x", "data": "p"}, self.pub(1), {"topic": "x", "data": "q"}, self.pub(2)), ["p", 1, "q", 2])

    def test_where_only_the_newest_counts_a_greater_one_is_handled(self):
        self.hears(self.joined(3, latest=True))
        self.assertEqual(self.handled(self.pub(7), self.pub(6), self.pub(7), self.pub(8)), [7, 8])
        self.assertEqual(self.says(), [])

    def test_what_is_no_publication_is_a_fault(self):
        for value in ({"topic": "y", "offset": 1, "data": 1}, {"topic": "x", "offset": 1}, self.pub(0), self.pub(-1), self.pub(1.0), self.pub(True),
                      self.pub(MOST + 1), self.pub(1, by="ann"), self.pub(1, by=["ann", "1"]), self.pub(2, amends=2), self.pub(2, amends=0)):
            self.faulty(value)


class Chapter5Joining(Talk):
    def setUp(self):
        super().setUp()
        self.begin()

    def test_a_newest_state_is_handled_from_where_it_begins(self):
        self.ask("join", join="x")
        self.assertEqual(self.handled(self.joined(9, 7), self.pub(8), self.pub(9), {"id": 1, "ok": True}, self.pub(10)), [8, 9, 10])

    def test_a_newest_state_that_is_cut_short_is_a_gap(self):
        self.ask("join", join="x")
        self.says()
        self.hears(self.joined(9, 7), self.pub(9))
        self.assertEqual(self.says(), [], "one join at a time")
        self.hears({"id": 1, "ok": True})
        self.assertEqual(self.says(), [{"id": 2, "join": "x", "since": {"epoch": "e", "offset": 7}}])

    def test_a_join_is_told_to_the_application(self):
        self.ask("join", join="x")
        self.assertEqual([event[:2] for event in self.hears(self.joined(0), {"id": 1, "ok": True})][:1], [("joined", "x")])

    def test_a_topic_that_is_left_while_it_is_joined_again_is_left(self):
        self.in_x()
        self.hears(self.pub(2), {"left": "x"})
        self.hears({"id": 2, "error": {"code": "forbidden", "retry": False}})
        self.assertNotIn("since", self.begin())

    def test_who_asks_for_a_topic_it_is_in_and_is_refused_is_in_it_as_before(self):
        self.in_x()
        self.ask("join", join="x")
        events = self.hears({"id": 2, "error": {"code": "busy", "retry": True}})
        self.assertEqual([event.kind for event in events], ["outcome"])
        self.assertEqual(self.handled(self.pub(1)), [1])

    def test_nothing_is_mended_where_nothing_is_joined(self):
        self.client.mend("x")
        self.in_x()
        self.client.lost()
        self.client.mend("x")
        self.assertEqual(self.client.waiting, [])

    def test_recovered_goes_on_where_it_was(self):
        self.in_x(offset=3)
        self.begin()
        number = self.says()[0]["id"]
        self.assertEqual(self.handled(self.joined(5, 3, recovered=True), self.pub(4), self.pub(5), {"id": number, "ok": True}), [4, 5])

    def test_not_recovered_begins_anew(self):
        self.in_x(offset=3)
        self.begin()
        number = self.says()[0]["id"]
        self.assertEqual(self.handled(self.joined(5, 1, epoch="f", recovered=False), *(self.pub(n) for n in range(2, 6)), {"id": number, "ok": True}),
                         [2, 3, 4, 5])
        self.assertEqual(self.begin()["since"], {"x": {"epoch": "f", "offset": 5}})

    def test_a_history_that_begins_anew_is_told_to_who_is_there(self):
        self.in_x(offset=3)
        self.assertEqual(self.handled(self.joined(1, 0, epoch="f", recovered=False), self.pub(1), self.pub(2)), [1, 2])
        self.assertEqual(self.begin()["since"], {"x": {"epoch": "f", "offset": 2}})

    def test_two_joins_that_cross_give_nothing_twice(self):
        self.in_x(offset=3)
        self.begin()
        number = self.says()[0]["id"]  # and the application joins it too
        told = [self.joined(4, 3, recovered=True), self.pub(4)]
        self.assertEqual(self.handled(*told, self.pub(5), *told, self.pub(5), {"id": number, "ok": True}, self.pub(6)), [4, 5, 6])

    def test_what_it_has_joined_it_joins_again_and_what_the_application_has_it_leaves_to_it(self):
        self.in_x()
        self.hears(self.joined(2, topic="y"))
        hello = self.begin()
        self.assertEqual(sorted(hello["since"]), ["x", "y"])
        self.assertEqual([said["join"] for said in self.says()], ["x"])
        self.assertEqual(self.handled(self.joined(3, 2, topic="y", recovered=True), self.pub(3, topic="y")), [3])

    def test_a_join_that_was_refused_is_not_made_again(self):
        self.ask("join", join="x")
        self.hears({"id": 1, "error": {"code": "forbidden", "retry": False}})
        self.assertNotIn("since", self.begin())
        self.assertEqual(self.says(), [])

    def test_a_gap_that_cannot_be_mended_now_is_mended_later(self):
        self.in_x()
        self.hears(self.pub(2))
        self.says()
        events = self.hears({"id": 2, "error": {"code": "busy", "retry": True}})
        self.assertIn(("again", "x"), [event[:2] for event in events])
        self.assertEqual(self.says(), [])
        self.client.mend("x")
        self.assertEqual(self.says(), [{"id": 3, "join": "x", "since": {"epoch": "e", "offset": 0}}])

    def test_a_gap_that_cannot_be_mended_is_the_end_of_the_topic(self):
        self.in_x()
        self.hears(self.pub(2))
        events = self.hears({"id": 2, "error": {"code": "forbidden", "retry": False}})
        self.assertIn(("left", "x"), [event[:2] for event in events])
        self.assertNotIn("since", self.begin())

    def test_a_topic_that_was_left_is_forgotten(self):
        self.in_x()
        self.ask("leave", leave="x")
        self.hears({"id": 2, "ok": True})
        self.assertEqual(self.noted[-1][0], "left")
        self.hears(self.joined(0, topic="y"))
        self.assertEqual([event[:2] for event in self.hears({"left": "y", "error": {"code": "forbidden", "retry": False}})], [("left", "y")])
        self.assertNotIn("since", self.begin())
        self.assertEqual(self.says(), [])

    def test_a_lost_tail_is_asked_for(self):
        self.in_x(offset=5)
        self.hears(self.joined(7, topic="y", latest=True))
        self.hears({"at": {"x": 5, "y": 7, "z": 9}})
        self.assertEqual(self.says(), [])
        self.hears({"at": {"x": 6, "y": 9}}, {"at": {"x": 6}})
        self.assertEqual(self.says(), [{"id": 2, "join": "x", "since": {"epoch": "e", "offset": 5}}])
        self.assertEqual(self.handled(self.pub(9, topic="y"), self.pub(10, topic="y")), [10])

    def test_what_is_no_join_is_a_fault(self):
        self.hears({"joined": "y", "epoch": "e" * 16, "offset": MOST, "from": MOST})
        for value in (self.joined(1, epoch="E"), self.joined(1, epoch=""), self.joined(1, epoch="e" * 17), self.joined(MOST + 1), self.joined(-1),
                      self.joined(1.5), self.joined(1, 2), self.joined(1, recovered=0),
                      self.joined(0, topic=""), self.joined(0, topic="ü" * 128), self.joined(0, recovered="yes"), self.joined(0, recovered=True)):
            self.faulty(value)

    def test_recovered_from_another_epoch_or_place_is_a_fault(self):
        for told in (self.joined(9, 4, epoch="f", recovered=True), self.joined(9, 3, recovered=True), self.joined(9, 5, recovered=True),
                     self.joined(9)):
            self.client = Conversation(SECRET)
            self.begin()
            self.in_x(offset=4)
            self.begin()
            self.faulty(told)

    def test_ok_without_having_joined_is_a_fault(self):
        self.ask("join", join="x")
        self.faulty({"id": 1, "ok": True})

    def test_a_gap_that_is_mended_without_a_word_of_recovery_is_a_fault(self):
        self.in_x()
        self.hears(self.pub(2))
        self.faulty(self.joined(2), {"id": 2, "ok": True})


class Chapter6History(Talk):
    def test_bytes_are_there_in_base64(self):
        self.begin()
        asked = self.ask("history", history="x", before=3, limit=2)
        self.assertEqual(self.says(), [{"id": 1, "history": "x", "before": 3, "limit": 2}])
        page = {"epoch": "e", "list": [{"offset": 1, "data": "a"}, {"offset": 2, "bytes": base64.b64encode(b"\xff").decode()}], "more": False}
        self.hears({"id": 1, "data": page})
        self.assertEqual([each["data"] for each in asked.outcome["data"]["list"]], ["a", b"\xff"])


class Chapter7Requests(Talk):
    def test_ids_count_up_over_connections(self):
        for number in (1, 2, 3):
            self.begin()
            self.ask(data="a")
            self.assertEqual(self.says(), [{"id": number, "data": "a"}])
            self.hears({"id": number, "ok": True})

    def test_what_is_unanswered_comes_first_with_its_ids_then_joins_then_the_rest_with_new_ones(self):
        self.begin()
        self.in_x()                               # 1
        self.ask("history", history="x")          # 2
        self.ask(data="a")                        # 3
        self.ask("join", join="y")                # 4
        self.ask(data="b")                        # 5
        self.ask(data="c")                        # 6
        self.hears({"id": 5, "ok": True})
        self.says()
        self.client.lost()
        self.ask(data="d")
        self.begin()
        said = self.says()
        self.assertEqual([value["id"] for value in said], [3, 6, 7, 8, 9, 10])
        self.assertEqual([value.get("data") or value.get("join") or value.get("history") for value in said], ["a", "c", "x", "y", "x", "d"])

    def test_each_outcome_is_told_once(self):
        self.begin()
        told = []
        for data in ("a", "b", "c"):
            self.client.ask("data", data, told.append)
        outcomes = [{"data": {"n": 1}}, {"ok": True}, {"error": {"code": "slow-mode", "text": "…", "retry": True}}]
        self.hears(*({"id": id, **outcome} for id, outcome in zip((2, 1, 3), outcomes)))
        self.assertEqual([asked.outcome for asked in told], outcomes)
        self.begin()
        self.assertEqual(self.says(), [])

    def test_an_outcome_of_bytes(self):
        self.begin()
        asked = self.ask(data="a")
        self.client.receives(b'{"id":1}\n\x01')
        self.assertEqual(asked.outcome, {"data": b"\x01"})

    def test_a_second_outcome_is_a_fault_and_one_that_nobody_waits_for_is_not(self):
        self.begin()
        self.ask(data="a")
        self.hears({"id": 9, "ok": True}, {"id": 1, "ok": True})
        self.faulty({"id": 1, "ok": True})

    def test_what_is_no_outcome_is_a_fault(self):
        self.begin()
        self.ask(data="a")
        for outcome in ({}, {"ok": False}, {"ok": True, "data": 1}, {"error": {"code": "Slow", "retry": True}}, {"error": {"code": "slow"}}):
            self.faulty({"id": 1, **outcome})

    def test_no_more_are_unanswered_than_the_server_keeps_outcomes_of(self):
        self.begin(limits={**WELCOME["limits"], "ids": 2})
        for data in ("a", "b", "c", "d"):
            self.ask(data=data)
        self.assertEqual([said["id"] for said in self.says()], [1, 2])
        self.hears({"id": 2, "ok": True})
        self.assertEqual(self.says(), [])
        self.hears({"id": 1, "ok": True})
        self.assertEqual([(said["id"], said["data"]) for said in self.says()], [(3, "c"), (4, "d")])

    def test_what_has_no_id_is_said_at_most_once(self):
        self.client.tell("a")
        self.begin()
        self.client.tell("b")
        self.client.lost()
        self.begin()
        self.assertEqual(self.says(), [])

    def test_the_journal_has_what_the_checker_wants(self):
        self.begin()
        self.in_x()
        self.ask(data="a")
        self.hears({"id": 2, "ok": True}, self.pub(1, by=["c81d", 2]), self.pub(3))
        self.assertEqual([event for event, _ in self.noted], ["connected", "welcome", "joined", "sent", "outcome", "came", "came"])
        self.assertEqual(self.noted[3][1], {"connection": 1, "id": 2, "data": "a"})
        self.assertEqual([fields["handled"] for event, fields in self.noted if event == "came"], [True, False])


class Chapter8Credentials(Talk):
    def test_a_new_token_is_that_of_the_next_hello(self):
        self.client.token = "old"
        self.begin()
        self.ask("auth", auth="new")
        self.assertEqual(self.says(), [{"id": 1, "auth": "new"}])
        self.hears({"id": 1, "data": {"expires": 3600}})
        self.assertEqual(self.begin()["token"], "new")

    def test_one_that_was_refused_is_not(self):
        self.client.token = "old"
        self.begin()
        self.ask("auth", auth="new")
        self.hears({"id": 1, "error": {"code": "forbidden", "retry": False}})
        self.assertEqual(self.begin()["token"], "old")


class Chapter9Silence(Talk):
    def test_a_ping_is_an_event_alone_and_among_others(self):
        self.begin()
        self.assertEqual([event.kind for event in self.hears({}, {"data": 1}, {})], ["ping", "said", "ping"])
        self.client.ping()
        self.assertEqual(self.says(), [{}])


cases.run_unittest("integration_wire_conversation")
