package itgel.field

import uniffi.itgel_mobile.FieldApp
import uniffi.itgel_mobile.HostClock
import uniffi.itgel_mobile.HostTransport
import uniffi.itgel_mobile.Launch
import uniffi.itgel_mobile.LogSink
import java.io.File
import java.nio.file.Files
import java.util.Base64
import java.util.concurrent.ConcurrentHashMap
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey

/** What the tests are sent out with: lines of a name and values between tabs. Everything is synthetic (示例). */
object Errand {
    private val lines = File(System.getProperty("itgel.errand")).readLines().map { it.split("\t") }

    fun one(name: String): String = lines.first { it[0] == name }[1]

    fun all(name: String): List<List<String>> = lines.filter { it[0] == name }.map { it.drop(1) }
}

const val PIN = "135790"

/** A PNG of one point. */
val SIGNATURE: ByteArray = Base64.getDecoder().decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==",
)

object Clock : HostClock {
    override fun nowMs(): Long = Errand.one("now_ms").toLong()
}

fun folder(): String = Files.createTempDirectory("itgel").toString()

/** A key store that lasts as long as the tests. */
class MemoryBox : KeyBox {
    private val keys = ConcurrentHashMap<String, SecretKey>()

    override fun make(name: String) {
        keys[name] = KeyGenerator.getInstance("AES").generateKey()
    }

    override fun find(name: String): SecretKey? = keys[name]

    override fun destroy(name: String) {
        keys.remove(name)
    }

    fun isEmpty() = keys.isEmpty()
}

/** The key store of the device that the tests work with. */
val DEVICE = MemoryBox()

fun started(folder: String, transport: HostTransport? = null, log: LogSink? = null, keys: KeyBox = DEVICE): FieldApp =
    FieldApp.start(Launch(folder, null, false), PlatformKeys(keys), Clock, transport, log)
