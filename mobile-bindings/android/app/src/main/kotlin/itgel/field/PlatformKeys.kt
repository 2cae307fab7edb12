package itgel.field

import uniffi.itgel_mobile.HostKeys
import java.security.KeyStore
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/** Where keys are made and destroyed; on a phone they never leave its hardware. */
interface KeyBox {
    fun make(name: String)

    fun find(name: String): SecretKey?

    fun destroy(name: String)
}

/** The keys of a key store of Java's kind. How a key is made is the platform's own. */
class KeyStoreBox(private val store: KeyStore, private val makes: (String) -> Unit) : KeyBox {
    override fun make(name: String) = makes(name)

    override fun find(name: String): SecretKey? = store.getKey(name, null) as SecretKey?

    override fun destroy(name: String) {
        if (store.containsAlias(name)) store.deleteEntry(name)
    }
}

/**
 * What opens a store beside its PIN is sealed under keys of the platform (AES-GCM). The program makes and destroys one
 * at each try of a PIN, so that what an older copy of the app's files holds opens no more (docs/devices.md).
 */
class PlatformKeys(private val box: KeyBox) : HostKeys {
    override fun make(name: String) = box.make(name)

    override fun seal(name: String, open: ByteArray): ByteArray {
        val key = checkNotNull(box.find(name)) { "no such key" }
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.ENCRYPT_MODE, key)
        return cipher.iv + cipher.doFinal(open)
    }

    /** Nothing is an answer for ever. A key store that throws anything else may answer later. */
    override fun open(name: String, sealed: ByteArray): ByteArray? {
        val key = box.find(name) ?: return null
        if (sealed.size < NONCE + TAG) return null
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG * 8, sealed, 0, NONCE))
        return try {
            cipher.doFinal(sealed, NONCE, sealed.size - NONCE)
        } catch (_: AEADBadTagException) {
            null
        }
    }

    override fun destroy(name: String) = box.destroy(name)

    private companion object {
        const val CIPHER = "AES/GCM/NoPadding"
        const val NONCE = 12
        const val TAG = 16
    }
}
