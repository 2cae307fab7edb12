package itgel.field

import java.io.File
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.SecureRandom
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * The 32 bytes that open a store beside the PIN. They lie in a file, sealed under a key that never leaves the key
 * store of the platform: a copy of the app's files is worth nothing on another device.
 */
class SealedSecret(private val file: File, private val key: SecretKey) {
    /** The secret; it is made at the first start. A file that does not open is never replaced: the stores hang on it. */
    @Throws(IOException::class, GeneralSecurityException::class)
    fun read(): ByteArray = if (file.exists()) open(file.readBytes()) else make()

    private fun open(sealed: ByteArray): ByteArray {
        if (sealed.size != NONCE + SECRET + TAG) throw IOException("not the sealed secret")
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG * 8, sealed, 0, NONCE))
        return cipher.doFinal(sealed, NONCE, SECRET + TAG)
    }

    private fun make(): ByteArray {
        val secret = ByteArray(SECRET).also(SecureRandom()::nextBytes)
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.ENCRYPT_MODE, key)
        val fresh = File(file.path + "-new")
        fresh.outputStream().use {
            it.write(cipher.iv)
            it.write(cipher.doFinal(secret))
            it.fd.sync()
        }
        if (!fresh.renameTo(file)) throw IOException("the sealed secret cannot be kept")
        return secret
    }

    private companion object {
        const val CIPHER = "AES/GCM/NoPadding"
        const val NONCE = 12
        const val SECRET = 32
        const val TAG = 16
    }
}
