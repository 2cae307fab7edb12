"""The officer's app from Python, with a running server: cargo test -p itgel-tests --test bindings.

Everything is synthetic (示例)."""

import base64
import os
import tempfile
import threading
import unittest

import itgel_mobile as itgel

PIN = "135790"

# A PNG of one point.
SIGNATURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg=="
)


class Errand:
    """What the test is sent out with: lines of a name and values between tabs."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.lines = [line.rstrip("\n").split("\t") for line in file]

    def one(self, name):
        return next(values[1] for values in self.lines if values[0] == name)

    def all(self, name):
        return [values[1:] for values in self.lines if values[0] == name]


ERRAND = Errand(os.environ["ITGEL_ERRAND"])


class Clock(itgel.HostClock):
    def now_ms(self):
        return int(ERRAND.one("now_ms"))


class Listener(itgel.SyncListener):
    """Notes every step; goes on as long as `goes_on` says so."""

    def __init__(self, goes_on=lambda: True):
        self.steps = []
        self.goes_on = goes_on

    def stepped(self, step):
        self.steps.append(step)
        return self.goes_on()


class BrokenTransport(itgel.HostTransport):
    def post(self, call):
        raise RuntimeError("the antenna fell off")


class Log(itgel.LogSink):
    def __init__(self):
        self.lines = []

    def log(self, line):
        self.lines.append(line)


class Keys(itgel.HostKeys):
    """A key store that keeps what it seals to itself and gives out where it lies."""

    def __init__(self):
        self.kept = {}

    def make(self, name):
        self.kept[name] = {}

    def seal(self, name, open):
        place = os.urandom(16)
        self.kept[name][place] = open
        return place

    def open(self, name, sealed):
        return self.kept.get(name, {}).get(sealed)

    def destroy(self, name):
        self.kept.pop(name, None)


KEYS = Keys()


class BrokenKeys(Keys):
    def seal(self, name, open):
        raise RuntimeError("the key store restarts")


def launch(folder):
    return itgel.Launch(data_folder=folder, root_pem=None, synchronises_itself=False)


def started(folder, transport=None, log_sink=None, keys=KEYS):
    return itgel.FieldApp.start(launch(folder), keys, Clock(), transport, log_sink)


def finding(item, kind, value, evidence, day):
    found = {
        "number": lambda: itgel.Found.NUMBER(int(value)),
        "words": lambda: itgel.Found.WORDS(value),
        "not_applicable": lambda: itgel.Found.NOT_APPLICABLE(),
        "unknown": lambda: itgel.Found.UNKNOWN(),
        "refused": lambda: itgel.Found.REFUSED(),
    }[kind]()
    level = itgel.EvidenceLevel[evidence]
    return itgel.Finding(item=item, found=found, evidence=level, observed_on=day)


def consent():
    return itgel.ConsentGiven(
        person="head",
        text_version="sample-1",
        language="zh-CN",
        purposes=["credit_rating", "village_statistics"],
        categories=[values[0] for values in ERRAND.all("class")],
        recipients=[itgel.Recipient(lender=ERRAND.one("lender"), purpose="loan_decision")],
        until=ERRAND.one("until"),
        signature=SIGNATURE,
    )


class Visit(unittest.TestCase):
    def test_a_household_is_rated_sealed_and_received(self):
        subject, campaign = ERRAND.one("subject"), ERRAND.one("campaign")
        app = started(ERRAND.one("data"))
        store = app.enrol(ERRAND.one("invitation"), PIN)
        listener = Listener()
        self.assertEqual(store.sync(listener).waiting, 0)
        self.assertTrue(any(step.is_receiving() for step in listener.steps))
        query = itgel.SubjectQuery(
            gacha=ERRAND.one("gacha"), campaign=campaign, search="", skip=0, limit=500
        )
        self.assertIn(subject, [row.id for row in store.subjects(query)])

        people = [
            itgel.Person(role=role, full_name=name, name_mn=None, id_number=number or None, phone=phone or None)
            for role, name, number, phone in ERRAND.all("person")
        ]
        store.put_people(subject, people)
        store.put_consent(subject, campaign, consent())
        store.put_values(subject, campaign, [finding(*values) for values in ERRAND.all("value")])
        self.assertEqual(len(store.visit(subject, campaign).findings), len(ERRAND.all("value")))
        self.assertEqual(store.check(subject, campaign).faults, [])
        graded = store.grade(subject, campaign)
        self.assertEqual(graded.pending, ["peer_evaluation"])

        # Another start of the program: nothing is lost, and the PIN alone opens it.
        app.lock()
        with self.assertRaises(itgel.FieldError.Locked):
            store.state()
        app = started(ERRAND.one("data"))
        key = app.enrolled()[0].key
        with self.assertRaises(itgel.FieldError.Locked) as wrong:
            app.unlock(key, "000000")
        self.assertEqual(wrong.exception.tries_left, 9)
        store = app.unlock(key, PIN)

        sealed = store.seal(subject, campaign, itgel.SecondSignature.DRAWN(SIGNATURE))
        self.assertEqual(sealed.graded.assessment_json, graded.assessment_json)

        # Stopped before anything went through, it all waits; then it goes on.
        with self.assertRaises(itgel.FieldError.Offline) as stopped:
            store.sync(Listener(goes_on=lambda: False))
        self.assertEqual(stopped.exception.code, "sync.stopped")
        outcome = store.sync(None)
        self.assertEqual((outcome.waiting, outcome.set_aside), (0, 0))
        standings = [record.standing for record in store.records(subject, campaign)]
        self.assertTrue(standings and all(standing.is_received() for standing in standings))
        with open(ERRAND.one("result"), "w", encoding="utf-8") as file:
            file.write(store.grade(subject, campaign).assessment_json)

    def test_what_a_host_brings_along_may_fail(self):
        log = Log()
        with tempfile.TemporaryDirectory() as folder:
            app = started(folder, transport=BrokenTransport(), log_sink=log)
            with self.assertRaises(itgel.FieldError.Offline):
                app.enrol(ERRAND.one("unreachable"), PIN)
            self.assertEqual(app.enrolled(), [])

    def test_without_its_key_store_nobody_is_enrolled_and_nothing_is_left(self):
        with tempfile.TemporaryDirectory() as folder:
            app = started(folder, keys=BrokenKeys())
            with self.assertRaises(itgel.FieldError.Locked) as refused:
                app.enrol(ERRAND.one("unreachable"), PIN)
            self.assertEqual(refused.exception.code, "store.locked")
            self.assertEqual(app.enrolled(), [])

    def test_errors_say_which_and_why(self):
        with tempfile.TemporaryDirectory() as folder:
            app = started(folder)
            with self.assertRaises(itgel.FieldError.Unexpected) as malformed:
                app.enrol("no invitation", PIN)
            self.assertEqual(malformed.exception.code, "enrolment.invitation")
            with self.assertRaises(itgel.FieldError.Offline) as offline:
                app.enrol(ERRAND.one("unreachable"), PIN)
            self.assertTrue(offline.exception.text)
            with self.assertRaises(itgel.FieldError.Unexpected):
                app.unlock("nobody", PIN)

    def test_pages_are_answered_on_many_threads(self):
        with tempfile.TemporaryDirectory() as folder:
            app = started(folder)
            statuses = []

            def ask():
                for path in ["/enrol", "/assets/field.css", "/nothing"]:
                    statuses.append(app.handle(itgel.Request(method="GET", path=path, body=b"")).status)

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(statuses), [200] * 16 + [404] * 8)


if __name__ == "__main__":
    unittest.main()
