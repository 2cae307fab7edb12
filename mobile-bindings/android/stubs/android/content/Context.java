package android.content;

public abstract class Context {
    public java.io.File getNoBackupFilesDir() { throw new UnsupportedOperationException(); }
    public ContentResolver getContentResolver() { throw new UnsupportedOperationException(); }
    public final <T> T getSystemService(Class<T> service) { throw new UnsupportedOperationException(); }
}
