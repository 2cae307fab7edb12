package itgel.field

import uniffi.itgel_mobile.uniffiEnsureInitialized
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.BeforeClass
import org.junit.Test

/** The shell, as a WebView and a page ask it. */
class FieldHostTest {
    private val host = FieldHost(started(folder()))

    companion object {
        @JvmStatic
        @BeforeClass
        fun bindingsFitTheirLibrary() = uniffiEnsureInitialized()
    }

    @Test
    fun `a page and its assets are shown as they are`() {
        val page = host.intercept("GET", FieldHost.START)
        assertEquals(200, page.status)
        assertEquals("text/html" to "utf-8", page.mediaType to page.encoding)
        assertTrue(page.headers.getValue("content-security-policy").startsWith("default-src 'self'"))
        assertTrue(String(page.body).contains("<form"))
        val script = host.intercept("GET", "https://field.invalid/assets/field.js?v=1")
        assertEquals("text/javascript", script.mediaType)
    }

    @Test
    fun `no other host is asked for anything`() {
        val elsewhere = listOf(
            "https://example.com/", "http://field.invalid/", "https://field.invalid:8443/", "https://field.invalid.example/",
            "https://a@field.invalid/", "file:///etc/passwd", "content://x/y", "javascript:alert(1)", "https://field.invalid/ ",
        )
        for (address in elsewhere) {
            val shown = host.intercept("GET", address)
            assertEquals(address, 404, shown.status)
            assertEquals(address, 0, shown.body.size)
        }
    }

    @Test
    fun `a write that comes as a request is lost on nobody`() {
        assertEquals(404, host.intercept("POST", "https://field.invalid/language").status)
    }

    @Test
    fun `no answer throws in a WebView`() {
        for (path in listOf("", "enrol", "nothing", "needs", "visit/x", "assets/none", "%00", "api/jobs/sync")) {
            val shown = host.intercept("GET", FieldHost.START + path)
            assertFalse("$path redirects", shown.status in 300..399)
            assertTrue("$path has no reason", shown.reason.isNotBlank())
            assertTrue("$path has no type", shown.mediaType.isNotBlank())
        }
    }

    @Test
    fun `a form goes over the bridge and its page comes back`() {
        val answer = host.post("/language", "lang=en&at=%2Fenrol")
        assertTrue(answer, answer.startsWith("{") && answer.contains("\"status\":200"))
        assertTrue(answer.contains("\"location\":\"/enrol\""))
        assertTrue(String(host.intercept("GET", "https://field.invalid/enrol").body).contains("lang=\"en\""))
    }

    @Test
    fun `the bridge leads to pages of ours alone`() {
        for (path in listOf("//example.com/", "https://example.com/", "")) {
            assertThrows(IllegalArgumentException::class.java) { host.post(path, "") }
        }
    }

    @Test
    fun `a file that is saved keeps its bytes and leads to no other folder`() {
        val file = host.saved("itgel-AB12.html", "", "AAEC/w==")
        assertEquals("application/octet-stream", file.type)
        assertEquals(listOf(0, 1, 2, -1), file.bytes.map { it.toInt() })
        for (name in listOf("", "../x", "a/b", ".x", "a b")) {
            assertThrows(IllegalArgumentException::class.java) { host.saved(name, "text/html", "") }
        }
    }
}
