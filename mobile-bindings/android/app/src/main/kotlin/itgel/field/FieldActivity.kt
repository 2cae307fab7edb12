package itgel.field

import android.app.Activity
import android.content.Intent
import android.net.ConnectivityManager
import android.net.Network
import android.net.Uri
import android.os.Bundle
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.webkit.JavascriptInterface
import android.webkit.ValueCallback
import android.webkit.WebChromeClient
import android.webkit.WebResourceRequest
import android.webkit.WebResourceResponse
import android.webkit.WebView
import android.webkit.WebViewClient
import uniffi.itgel_mobile.FieldApp
import uniffi.itgel_mobile.Launch
import uniffi.itgel_mobile.uniffiEnsureInitialized
import java.io.ByteArrayInputStream
import java.io.File
import java.security.KeyStore
import javax.crypto.KeyGenerator

/** The shell: a WebView without a network. Whatever can go wrong is decided in FieldHost, which runs on any JVM. */
class FieldActivity : Activity() {
    private lateinit var view: WebView
    private var pictures: ValueCallback<Array<Uri>>? = null
    private var saved: Saved? = null

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        val host = FieldHost(app(this))
        view = WebView(this)
        view.settings.apply {
            javaScriptEnabled = true
            blockNetworkLoads = true
            allowFileAccess = false
            allowContentAccess = false
        }
        view.webViewClient = object : WebViewClient() {
            override fun shouldInterceptRequest(view: WebView, request: WebResourceRequest): WebResourceResponse {
                val shown = host.intercept(request.method, request.url.toString())
                val body = ByteArrayInputStream(shown.body)
                return WebResourceResponse(shown.mediaType, shown.encoding, shown.status, shown.reason, shown.headers, body)
            }
        }
        view.webChromeClient = object : WebChromeClient() {
            override fun onShowFileChooser(
                view: WebView, chosen: ValueCallback<Array<Uri>>, asked: FileChooserParams,
            ): Boolean {
                pictures?.onReceiveValue(null)
                pictures = chosen
                startActivityForResult(asked.createIntent(), PICTURE)
                return true
            }
        }
        view.addJavascriptInterface(Bridge(host), "FieldBridge")
        setContentView(view)
        view.loadUrl(FieldHost.START)
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        if (request == SAVE) return write(data?.data.takeIf { result == RESULT_OK })
        if (request != PICTURE) return super.onActivityResult(request, result, data)
        pictures?.onReceiveValue(WebChromeClient.FileChooserParams.parseResult(result, data))
        pictures = null
    }

    /** Asks where a file goes: the system's own chooser, so that no permission for storage is needed. */
    private fun save(file: Saved) {
        saved = file
        val asked = Intent(Intent.ACTION_CREATE_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE)
            .setType(file.type).putExtra(Intent.EXTRA_TITLE, file.name)
        startActivityForResult(asked, SAVE)
    }

    private fun write(place: Uri?) {
        val file = saved.also { saved = null }
        if (place == null || file == null) return
        contentResolver.openOutputStream(place, "wt")?.use { it.write(file.bytes) }
    }

    @Deprecated("the platform's back key before API 33")
    override fun onBackPressed() = if (view.canGoBack()) view.goBack() else finish()

    private inner class Bridge(private val host: FieldHost) {
        @JavascriptInterface fun post(path: String, form: String): String = host.post(path, form)

        @JavascriptInterface fun save(name: String, type: String, base64: String) {
            val file = host.saved(name, type, base64)
            runOnUiThread { save(file) }
        }
    }

    /** Tells the program that there is a network again. What follows reads the store: not on the system's thread. */
    private class Watch(private val app: FieldApp) : ConnectivityManager.NetworkCallback() {
        override fun onAvailable(network: Network) = Thread { app.networkCameBack() }.start()
    }

    private companion object {
        const val PICTURE = 1
        const val SAVE = 2
        var running: FieldApp? = null

        /** One program for the process: a turned screen makes a new activity over the same stores. */
        @Synchronized
        fun app(activity: Activity): FieldApp = running ?: run {
            uniffiEnsureInitialized()
            val folder = activity.noBackupFilesDir
            val launch = Launch(File(folder, "field").path, null, true)
            FieldApp.start(launch, PlatformKeys(keys()), null, null, null).also {
                running = it
                val networks = activity.getSystemService(ConnectivityManager::class.java)
                networks.registerDefaultNetworkCallback(Watch(it))
            }
        }

        /** The key store of Android: a key that is made takes the place of one that has its name. */
        fun keys(): KeyBox {
            val store = KeyStore.getInstance("AndroidKeyStore").apply { load(null) }
            return KeyStoreBox(store) { name ->
                val uses = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
                val spec = KeyGenParameterSpec.Builder(name, uses).setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                    .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE).build()
                KeyGenerator.getInstance("AES", "AndroidKeyStore").run { init(spec); generateKey() }
            }
        }
    }
}
