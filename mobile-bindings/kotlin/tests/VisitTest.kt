package itgel.field

import java.io.File
import java.net.HttpURLConnection
import java.net.URI
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.BeforeClass
import org.junit.FixMethodOrder
import org.junit.Test
import org.junit.runners.MethodSorters
import uniffi.itgel_mobile.ConsentGiven
import uniffi.itgel_mobile.EvidenceLevel
import uniffi.itgel_mobile.FieldApp
import uniffi.itgel_mobile.FieldException
import uniffi.itgel_mobile.FieldStore
import uniffi.itgel_mobile.Finding
import uniffi.itgel_mobile.Found
import uniffi.itgel_mobile.HeaderLine
import uniffi.itgel_mobile.HostCall
import uniffi.itgel_mobile.HostException
import uniffi.itgel_mobile.HostReply
import uniffi.itgel_mobile.HostTransport
import uniffi.itgel_mobile.LogLine
import uniffi.itgel_mobile.LogSink
import uniffi.itgel_mobile.Person
import uniffi.itgel_mobile.Recipient
import uniffi.itgel_mobile.Request
import uniffi.itgel_mobile.SecondSignature
import uniffi.itgel_mobile.Standing
import uniffi.itgel_mobile.SubjectQuery
import uniffi.itgel_mobile.SyncListener
import uniffi.itgel_mobile.SyncStep
import uniffi.itgel_mobile.uniffiEnsureInitialized

/** A whole visit with a running server, and what a host may do wrong. The tests build on one another. */
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
class VisitTest {
    companion object {
        private val subject = Errand.one("subject")
        private val campaign = Errand.one("campaign")
        private lateinit var app: FieldApp
        private lateinit var store: FieldStore

        @JvmStatic
        @BeforeClass
        fun enrols() {
            uniffiEnsureInitialized()
            app = started(Errand.one("data"))
            store = app.enrol(Errand.one("invitation"), PIN)
        }
    }

    private class Listener(private val goesOn: () -> Boolean = { true }) : SyncListener {
        val steps = mutableListOf<SyncStep>()

        override fun stepped(step: SyncStep): Boolean {
            synchronized(steps) { steps.add(step) }
            return goesOn()
        }
    }

    /** The network of the JVM, as a host with a network of its own would bring it along. */
    private class JvmTransport : HostTransport {
        val calls = AtomicInteger()

        override fun post(call: HostCall): HostReply {
            calls.incrementAndGet()
            val way = URI(call.url).toURL().openConnection() as HttpURLConnection
            way.requestMethod = "POST"
            way.instanceFollowRedirects = false
            way.doOutput = true
            for (line in call.headers) way.setRequestProperty(line.name, line.value)
            way.outputStream.use { it.write(call.body) }
            val status = way.responseCode
            val body = (if (status < 400) way.inputStream else way.errorStream)?.use { it.readBytes() } ?: ByteArray(0)
            val named = way.headerFields.filterKeys { it != null }
            val headers = named.flatMap { (name, values) -> values.map { HeaderLine(name, it) } }
            return HostReply(status.toUShort(), headers, body)
        }
    }

    @Test
    fun a_everything_comes_down_and_every_step_is_heard() {
        val listener = Listener()
        assertEquals(0UL, store.sync(listener).waiting)
        assertTrue(listener.steps.any { it is SyncStep.Receiving })
        val rows = store.subjects(SubjectQuery(Errand.one("gacha"), campaign, "", 0U, 500U))
        assertTrue(rows.any { it.id == subject })
    }

    @Test
    fun b_a_visit_is_drafted_and_graded() {
        val people = Errand.all("person").map { (role, name, number, phone) ->
            Person(role, name, null, number.ifEmpty { null }, phone.ifEmpty { null })
        }
        store.putPeople(subject, people)
        store.putConsent(subject, campaign, consent())
        store.putValues(subject, campaign, findings())
        assertEquals(Errand.all("value").size, store.visit(subject, campaign).findings.size)
        assertEquals(emptyList<Any>(), store.check(subject, campaign).faults)
        val graded = store.grade(subject, campaign)
        assertEquals(listOf("peer_evaluation"), graded.pending)
        assertTrue(graded.reasons.all { it.text.isNotBlank() })
    }

    @Test
    fun c_errors_are_typed_and_say_why() {
        val other = started(folder())
        val malformed = assertThrows(FieldException.Unexpected::class.java) { other.enrol("no invitation", PIN) }
        assertEquals("enrolment.invitation", malformed.code)
        val offline = assertThrows(FieldException.Offline::class.java) { other.enrol(Errand.one("unreachable"), PIN) }
        assertTrue(offline.text.isNotBlank())
        val nobody = listOf(Person("head", "示例", null, "150000190001010000", null))
        val invalid = assertThrows(FieldException.Invalid::class.java) { store.putPeople(subject, nobody) }
        assertEquals("person.id_number", invalid.faults.first().code)
        assertThrows(FieldException.Unexpected::class.java) { store.grade("no subject", campaign) }
    }

    @Test
    fun d_a_lock_and_a_new_start_lose_nothing() {
        app.lock()
        assertThrows(FieldException.Locked::class.java) { store.state() }
        app.close()
        app = started(Errand.one("data"))
        val key = app.enrolled().single().key
        val wrong = assertThrows(FieldException.Locked::class.java) { app.unlock(key, "000000") }
        assertEquals(9U, wrong.triesLeft)
        store = app.unlock(key, PIN)
        assertEquals(Errand.all("value").size, store.visit(subject, campaign).findings.size)
    }

    @Test
    fun e_what_a_host_does_wrong_loses_nothing() {
        val graded = store.grade(subject, campaign)
        val sealed = store.seal(subject, campaign, SecondSignature.Drawn(SIGNATURE))
        assertEquals(graded.assessmentJson, sealed.graded.assessmentJson)
        val stopped = assertThrows(FieldException.Offline::class.java) { store.sync(Listener { false }) }
        assertEquals("sync.stopped", stopped.code)
        assertTrue(store.state().waiting > 0UL)
        // A listener that throws is asked no more; what it was to hear of goes on.
        val outcome = store.sync(Listener { error("the screen is gone") })
        assertEquals(0UL to 0UL, outcome.waiting to outcome.setAside)
        val standings = store.records(subject, campaign).map { it.standing }
        assertTrue(standings.isNotEmpty() && standings.all { it is Standing.Received })
        File(Errand.one("result")).writeText(store.grade(subject, campaign).assessmentJson)
    }

    @Test
    fun f_a_host_brings_its_own_way_and_log() {
        val key = app.enrolled().single().key
        val transport = JvmTransport()
        val lines = mutableListOf<LogLine>()
        val log = object : LogSink {
            override fun log(line: LogLine) {
                synchronized(lines) { lines.add(line) }
            }
        }
        app.close()
        val own = started(Errand.one("data"), transport, log)
        assertEquals(0UL, own.unlock(key, PIN).sync(Listener { error("the screen is gone") }).waiting)
        assertTrue(transport.calls.get() > 2)
        assertTrue(lines.toString(), lines.any { it.target.startsWith("itgel") && it.text.contains("listener") })
        own.close()
        val broken = object : HostTransport {
            override fun post(call: HostCall): HostReply = throw HostException.Failed("the antenna fell off")
        }
        val mute = started(Errand.one("data"), broken)
        assertThrows(FieldException.Offline::class.java) { mute.unlock(key, PIN).sync(null) }
        mute.close()
        app = started(Errand.one("data"))
        store = app.unlock(key, PIN)
    }

    /** 60,000 calls from 32 threads: pages, lists, grades and writes; memory after the first 10,000 stays where it is. */
    @Test
    fun g_many_calls_from_many_threads_leave_memory_flat() {
        val threads = Executors.newFixedThreadPool(32)
        val findings = findings().take(1)
        val query = SubjectQuery(Errand.one("gacha"), campaign, "", 0U, 5U)
        val page = Request("GET", "/device", ByteArray(0))
        fun call(n: Int) = when (n % 20) {
            0 -> store.putValues(subject, campaign, findings)
            1, 2, 3, 4 -> assertEquals(200, app.handle(page).status.toInt())
            5, 6, 7 -> assertTrue(store.subjects(query).isNotEmpty())
            8 -> assertThrows(FieldException.Unexpected::class.java) { store.records("no subject", campaign) }
            else -> assertEquals(campaign, store.campaigns().first().id)
        }
        fun calls(from: Int, to: Int): Long {
            threads.invokeAll((from until to step 250).map { first ->
                Callable { for (n in first until first + 250) call(n) }
            }).forEach { it.get() }
            System.gc()
            return residentKib()
        }
        val begun = System.nanoTime()
        val early = calls(0, 10_000)
        val late = calls(10_000, 60_000)
        threads.shutdown()
        val seconds = (System.nanoTime() - begun) / 1_000_000_000
        println("60,000 calls from 32 threads in $seconds s: resident $early KiB after 10,000, $late KiB after 60,000")
        assertTrue("memory grew from $early to $late KiB", late < early + early / 10)
    }

    @Test
    fun h_after_ten_wrong_pins_no_copy_opens_and_no_key_is_left() {
        val key = app.enrolled().single().key
        app.close()
        val data = File(Errand.one("data"))
        val copy = File(folder(), "copy").also { data.copyRecursively(it) }
        app = started(data.path)
        for (left in 9 downTo 1) {
            val wrong = assertThrows(FieldException.Locked::class.java) { app.unlock(key, "000000") }
            assertEquals(left.toUInt(), wrong.triesLeft)
        }
        assertThrows(FieldException.Locked::class.java) { app.unlock(key, "000000") }
        app.close()
        copy.copyRecursively(data, overwrite = true)
        app = started(data.path)
        val late = assertThrows(FieldException.Locked::class.java) { app.unlock(key, PIN) }
        assertEquals(null, late.triesLeft)
        assertTrue("a key is left", DEVICE.isEmpty())
    }

    private fun residentKib(): Long {
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }
        return line.filter(Char::isDigit).toLong()
    }

    private fun findings() = Errand.all("value").map { (item, kind, value, evidence, day) ->
        val found = when (kind) {
            "number" -> Found.Number(value.toLong())
            "words" -> Found.Words(value)
            "not_applicable" -> Found.NotApplicable
            "unknown" -> Found.Unknown
            else -> Found.Refused
        }
        Finding(item, found, EvidenceLevel.valueOf(evidence), day)
    }

    private fun consent() = ConsentGiven(
        person = "head",
        textVersion = "sample-1",
        language = "zh-CN",
        purposes = listOf("credit_rating", "village_statistics"),
        categories = Errand.all("class").map { it.first() },
        recipients = listOf(Recipient(Errand.one("lender"), "loan_decision")),
        until = Errand.one("until"),
        signature = SIGNATURE,
    )
}
