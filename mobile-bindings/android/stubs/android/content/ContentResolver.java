package android.content;

import android.net.Uri;

public abstract class ContentResolver {
    public final java.io.OutputStream openOutputStream(Uri uri, String mode) { throw new UnsupportedOperationException(); }
}
