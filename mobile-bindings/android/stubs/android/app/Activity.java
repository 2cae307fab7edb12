package android.app;

import android.content.Context;
import android.content.Intent;
import android.os.Bundle;
import android.view.View;

public class Activity extends Context {
    protected void onCreate(Bundle saved) {}
    protected void onActivityResult(int request, int result, Intent data) {}
    @Deprecated public void onBackPressed() {}
    public void setContentView(View view) {}
    public void startActivityForResult(Intent intent, int request) {}
    public void finish() {}
    public static final int RESULT_OK = -1;
    public final void runOnUiThread(Runnable work) {}
}
