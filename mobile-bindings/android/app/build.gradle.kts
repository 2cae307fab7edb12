// Described, not verified: this has been built on no machine yet. docs/android.md says what has run.
plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "itgel.field"
    compileSdk = 35
    ndkVersion = "27.2.12479018"

    defaultConfig {
        applicationId = "cn.itgel.field"
        // noBackupFilesDir and the key store's symmetric keys are there from 23 on; 26 has a WebView that updates.
        minSdk = 26
        targetSdk = 35
        versionCode = 1
        versionName = "0.1.0"
        ndk { abiFilters += listOf("arm64-v8a", "armeabi-v7a") }
    }

    // Written by ../generate.sh and ../android/native.sh, never committed.
    val bindings = rootDir.resolve("../../target/bindings")
    sourceSets["main"].java.srcDir(bindings.resolve("kotlin"))
    sourceSets["main"].jniLibs.srcDir(bindings.resolve("jniLibs"))

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "keep.pro")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    kotlinOptions { jvmTarget = "17" }
    packaging { jniLibs.useLegacyPackaging = false }
}

dependencies {
    // The aar has JNA's own library for each processor; the jar of the JVM tests has not.
    implementation("net.java.dev.jna:jna:5.17.0@aar")
}
