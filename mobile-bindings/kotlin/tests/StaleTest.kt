package itgel.field

import uniffi.itgel_mobile.uniffiEnsureInitialized
import org.junit.Assert.assertTrue
import org.junit.Assert.fail
import org.junit.Test

/** Run with a library alone that the bindings do not fit. */
class StaleTest {
    @Test
    fun `a library that the bindings do not fit is refused before the first call`() {
        try {
            uniffiEnsureInitialized()
        } catch (refused: Throwable) {
            val why = generateSequence(refused) { it.cause }.map { it.message }.joinToString()
            assertTrue(why, why.contains("checksum mismatch") || why.contains("contract version mismatch"))
            return
        }
        fail("it was loaded")
    }
}
