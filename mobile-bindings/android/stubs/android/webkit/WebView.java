package android.webkit;

import android.content.Context;

public class WebView extends android.view.View {
    public WebView(Context context) {}
    public WebSettings getSettings() { throw new UnsupportedOperationException(); }
    public void setWebViewClient(WebViewClient client) {}
    public WebViewClient getWebViewClient() { throw new UnsupportedOperationException(); }
    public void setWebChromeClient(WebChromeClient client) {}
    public WebChromeClient getWebChromeClient() { throw new UnsupportedOperationException(); }
    public void addJavascriptInterface(Object object, String name) {}
    public void loadUrl(String url) {}
    public boolean canGoBack() { return false; }
    public void goBack() {}
}
