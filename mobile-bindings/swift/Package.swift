// swift-tools-version:5.9
// Described, not verified: no Swift compiler has seen this yet (docs/android.md). build.sh writes Sources and the
// framework.
import PackageDescription

let package = Package(
    name: "ItgelMobile",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "ItgelMobile", targets: ["ItgelMobile"])],
    targets: [
        .binaryTarget(name: "itgel_mobileFFI", path: "build/itgel_mobileFFI.xcframework"),
        .target(name: "ItgelMobile", dependencies: ["itgel_mobileFFI"], path: "build/Sources"),
    ]
)
