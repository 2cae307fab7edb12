// What the shell shows and passes on, without a word of Android: docs/field.md has the contract with the
// pages, docs/android.md what of it has run where.
package itgel.field

import uniffi.itgel_mobile.FieldApp
import uniffi.itgel_mobile.Request
import java.net.URI
import java.net.URISyntaxException
import java.util.Base64

/** An answer as a WebView takes it. */
class Shown(
    val status: Int,
    /** Never empty: a WebView throws on an answer without one. */
    val reason: String,
    val mediaType: String,
    val encoding: String?,
    val headers: Map<String, String>,
    val body: ByteArray,
)

/** A file that leaves the program. */
class Saved(val name: String, val type: String, val bytes: ByteArray)

/** Answers the pages of the program to the one WebView that shows them. Calls block and may come from any thread. */
class FieldHost(private val app: FieldApp) {
    /** Answers a request of the WebView. Whatever is not a page of ours is nothing: no other host is ever asked. */
    fun intercept(method: String, address: String): Shown {
        val path = pathOf(address)
        if (method != "GET" || path == null) return NOTHING
        val answer = app.handle(Request("GET", path, ByteArray(0)))
        val status = answer.status.toInt()
        // The router never redirects; a WebView that is given a 3xx throws on the thread of the page.
        if (status in 300..399) return FAILED
        val (mediaType, encoding) = split(answer.contentType)
        val headers = answer.headers.associate { it.name to it.value }
        return Shown(status, reasonOf(status), mediaType, encoding, headers, answer.body)
    }

    /** Passes on a form that a page sends; comes back when it is committed. */
    fun post(path: String, form: String): String {
        require(path.startsWith("/") && !path.startsWith("//")) { "no page of ours" }
        return app.bridge(path, form)
    }

    /** The file that a page asks to save: its name is one of its own, never a way to another folder. */
    fun saved(name: String, type: String, base64: String): Saved {
        require(NAME.matches(name)) { "no name of ours" }
        return Saved(name, type.ifEmpty { "application/octet-stream" }, Base64.getDecoder().decode(base64))
    }

    private fun pathOf(address: String): String? {
        val uri = try {
            URI(address)
        } catch (_: URISyntaxException) {
            return null
        }
        val isOurs = uri.scheme == "https" && uri.rawAuthority == HOST
        if (!isOurs) return null
        val path = uri.rawPath.ifEmpty { "/" }
        return if (uri.rawQuery == null) path else "$path?${uri.rawQuery}"
    }

    companion object {
        /** A name that can never exist (RFC 2606), and a secure context. */
        const val HOST = "field.invalid"

        /** The first page. */
        const val START = "https://$HOST/"

        private val NAME = Regex("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
        private val NOTHING = Shown(404, "Not Found", "text/plain", "utf-8", emptyMap(), ByteArray(0))
        private val FAILED = Shown(500, "Internal Server Error", "text/plain", "utf-8", emptyMap(), ByteArray(0))

        private fun split(contentType: String): Pair<String, String?> {
            val parts = contentType.split(";").map(String::trim)
            val charset = parts.drop(1).firstOrNull { it.startsWith("charset=", ignoreCase = true) }
            return parts[0].ifEmpty { "application/octet-stream" } to charset?.substringAfter("=")
        }

        private fun reasonOf(status: Int) = when (status) {
            200 -> "OK"
            401 -> "Unauthorized"
            404 -> "Not Found"
            422 -> "Unprocessable Content"
            500 -> "Internal Server Error"
            else -> "Status $status"
        }
    }
}
