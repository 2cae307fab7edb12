package itgel.field

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Test

/** What is sealed beside the PIN, under keys that the key store of the platform would hold. */
class PlatformKeysTest {
    private val keys = PlatformKeys(MemoryBox())
    private val secret = ByteArray(34) { it.toByte() }

    @Test
    fun `what is sealed opens again and never lies open`() {
        keys.make("a")
        val sealed = keys.seal("a", secret)
        assertArrayEquals(secret, keys.open("a", sealed))
        assertFalse((0..sealed.size - 34).any { sealed.copyOfRange(it, it + 34).contentEquals(secret) })
    }

    @Test
    fun `an older copy opens no more once its key was replaced or destroyed`() {
        keys.make("a")
        val earlier = keys.seal("a", secret)
        keys.make("a")
        assertNull(keys.open("a", earlier))
        val present = keys.seal("a", secret)
        keys.destroy("a")
        keys.destroy("a")
        assertNull(keys.open("a", present))
        assertThrows(IllegalStateException::class.java) { keys.seal("a", secret) }
    }

    @Test
    fun `damaged bytes or those of another device are nothing and no fault`() {
        keys.make("a")
        keys.make("b")
        val sealed = keys.seal("a", secret)
        assertNull(keys.open("b", sealed))
        for (at in sealed.indices) {
            val damaged = sealed.copyOf().also { it[at] = (it[at].toInt() xor 1).toByte() }
            assertNull(keys.open("a", damaged))
        }
        assertNull(keys.open("a", sealed.copyOf(20)))
    }

    @Test
    fun `a key store that fails is no answer for ever`() {
        val failing = PlatformKeys(object : KeyBox by MemoryBox() {
            override fun find(name: String) = throw java.security.ProviderException("the key store restarts")
        })
        assertThrows(java.security.ProviderException::class.java) { failing.open("a", ByteArray(60)) }
    }
}
