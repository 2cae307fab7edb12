package android.content;

public abstract class Context {
    public java.io.File getNoBackupFilesDir() { throw new UnsupportedOperationException(); }
}
