//! `itgel dictionary`: the data dictionary, as `docs/data-dictionary.md` holds it.

use itgel_domain::catalogue::Catalogue;
use itgel_domain::exchange::Schema;
use itgel_domain::exchange::dictionary::dictionary;

/// Prints the dictionary.
pub fn run() {
    print!("{}", dictionary(Catalogue::builtin(), Schema::builtin()));
}
