#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| itgel_tests::hostile::feed("offer", data));
