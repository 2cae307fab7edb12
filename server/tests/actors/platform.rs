//! The platform that everything goes to that was approved, and who waits for it.

use itgel_domain::exchange::{Mapping, Schema};
use itgel_server::exchange::{self, ExportOrder, Manifest, ShareRequest};
use itgel_server::process::{self, Duty};

use super::World;

const EXAMPLE: &str = include_str!("../../../fixtures/exchange/platform-example.toml");

/// The columns of the example of a platform.
pub(crate) fn example() -> Mapping {
    Mapping::parse("m.toml", EXAMPLE, Schema::builtin()).unwrap()
}

impl World {
    /// What the approver has among the deadlines under a name.
    pub(crate) fn due(&self, deadline: &str) -> Vec<Duty> {
        let actor = self.officer("a-1");
        let place = (&self.cycle.id, self.gacha.code);
        let read = |c: &_| process::duties(&self.service, c, &actor, place, None, 200);
        let mut items = self.service.store.read(read).unwrap().items;
        items.retain(|duty| duty.deadline == deadline);
        items
    }

    /// Exports everything without names: for a platform, or as a copy for the office.
    pub(crate) fn export(&self, mapping: Option<&Mapping>) -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        let order = ExportOrder {
            request: ShareRequest {
                officer: "a-1".parse().unwrap(),
                second_officer: None,
                source_department: "示例旗农牧局".into(),
                recipient: "示例信用平台".into(),
                basis: "内政发〔2024〕19号".into(),
            },
            target: folder.path().join("out"),
            with_persons: false,
            mapping,
        };
        exchange::export(&self.service, &order, &|_| ()).unwrap()
    }
}
