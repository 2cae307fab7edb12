package itgel.field

import java.io.File
import java.io.IOException
import java.security.GeneralSecurityException
import javax.crypto.spec.SecretKeySpec
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Test

/** The secret beside the PIN, under a key that the key store of the platform would hold. */
class SealedSecretTest {
    private val file = File(folder(), "platform.sealed")
    private val key = SecretKeySpec(ByteArray(32) { 7 }, "AES")

    @Test
    fun `the secret is the same at every start and never lies open`() {
        val secret = SealedSecret(file, key).read()
        assertEquals(32, secret.size)
        assertArrayEquals(secret, SealedSecret(file, key).read())
        val kept = file.readBytes()
        assertFalse((0..kept.size - 32).any { kept.copyOfRange(it, it + 32).contentEquals(secret) })
    }

    @Test
    fun `a file of another device or a damaged one is refused and stays`() {
        SealedSecret(file, key).read()
        val kept = file.readBytes()
        val other = SecretKeySpec(ByteArray(32) { 8 }, "AES")
        assertThrows(GeneralSecurityException::class.java) { SealedSecret(file, other).read() }
        assertArrayEquals(kept, file.readBytes())
        file.writeBytes(kept.copyOf(20))
        assertThrows(IOException::class.java) { SealedSecret(file, key).read() }
        assertEquals(20, file.length())
    }
}
