package android.webkit;

import android.content.Intent;
import android.net.Uri;

public class WebChromeClient {
    public boolean onShowFileChooser(WebView view, ValueCallback<Uri[]> chosen, FileChooserParams asked) { return false; }

    public abstract static class FileChooserParams {
        public static Uri[] parseResult(int result, Intent data) { return null; }
        public abstract Intent createIntent();
    }
}
