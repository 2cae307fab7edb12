//! What is counted of a village on a day: every household whose home it was, rated or not, and
//! what registers and ledgers know of it. Only reads.

use itgel_domain::assess::{Assessment, Context, Inputs};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::register::DivisionFacts;
use itgel_domain::rights::consent::CollectionPurpose;
use itgel_domain::rollup::{CountedHousehold, CountedLoans, VillageCount, keeps_pasture_rules};
use itgel_domain::subject::{Grade, Subject, SubjectKind};

use super::compute::Taken;
use crate::error::ServiceError;
use crate::fold;
use crate::ledger;
use crate::store;
use crate::store::rating::RatedSubject;

impl Taken<'_> {
    /// Counts a village.
    pub(super) fn count(&self, village: DivisionCode) -> Result<VillageCount, ServiceError> {
        let context = self.registers(&self.place(village, SubjectKind::Village)?)?;
        let mut registers = context.division.unwrap_or_default();
        let mut households = Vec::new();
        for subject in store::subject::list_at_home(self.connection, village, self.as_of)? {
            match subject.kind {
                SubjectKind::Household => households.push(self.household(subject)?),
                SubjectKind::Collective => {
                    let rated = self.in_effect(&subject.id)?.map(|rated| rated.grade);
                    registers.collective_grade = rated.or(registers.collective_grade);
                }
                _ => {}
            }
        }
        let lender_is_late = ledger::is_late(self.connection, village, self.as_of)?;
        self.add_cadres(village, lender_is_late, &mut registers)?;
        Ok(VillageCount {
            division: village,
            households,
            registers,
            lender_is_late,
        })
    }

    fn add_cadres(
        &self,
        village: DivisionCode,
        lender_is_late: bool,
        registers: &mut DivisionFacts,
    ) -> Result<(), ServiceError> {
        let gacha = self.place(village, SubjectKind::Village)?.id;
        let known = (self.connection, self.as_of);
        ledger::village_facts(known, &gacha, lender_is_late, registers)
    }

    fn household(&self, subject: Subject) -> Result<CountedHousehold, ServiceError> {
        let Context {
            credit, disasters, ..
        } = self.registers(&subject)?;
        let (cycle, as_of) = (&self.cycle.id, self.as_of);
        let counted = CountedHousehold {
            filed: store::title::is_filed(self.connection, &subject.id, cycle, as_of)?,
            loans: CountedLoans::of(&credit, &disasters, as_of),
            ..CountedHousehold::default()
        };
        let Some(rated) = self.in_effect(&subject.id)? else {
            let subject = Some(subject.id);
            return Ok(CountedHousehold { subject, ..counted });
        };
        let missing = || ServiceError::internal("a rating without its assessment");
        let stored = store::assessment::get(self.connection, &rated.inputs)?.ok_or_else(missing)?;
        let rules = self.service.rules.stored(self.connection);
        let inputs = Inputs::decode(&stored.inputs, &rules)
            .map_err(|e| ServiceError::caused("stored inputs", e))?;
        let keeps = match keeps_pasture_rules(&inputs) {
            Some(keeps) if self.is_in_statistics(&subject.id)? => Some(keeps),
            _ => None,
        };
        let computed = match rated.is_overridden {
            true => computed_grade(&stored.result)?.filter(|grade| *grade != rated.grade),
            false => None,
        };
        Ok(CountedHousehold {
            subject: Some(subject.id),
            rating: Some(rated.inputs),
            grade: Some(rated.grade),
            computed,
            keeps_pasture_rules: keeps,
            ..counted
        })
    }

    /// Whether what was found of a household may stand in a figure of its village. Who did not agree
    /// to that leaves the share of G7, above and below the line; the counts of the gates stay, which
    /// say of nobody what was found (`domain.md` B.6, L-02, G 42, G 43).
    fn is_in_statistics(&self, subject: &SubjectId) -> Result<bool, ServiceError> {
        let file = fold::facts(self.connection, subject)?;
        Ok(file.is_agreed(CollectionPurpose::VillageStatistics, self.as_of))
    }

    fn in_effect(&self, subject: &SubjectId) -> Result<Option<RatedSubject>, ServiceError> {
        let found = store::rating::get_in_effect(self.connection, subject, self.as_of);
        Ok(found?)
    }
}

fn computed_grade(result: &str) -> Result<Option<Grade>, ServiceError> {
    let assessment: Assessment =
        serde_json::from_str(result).map_err(|e| ServiceError::caused("a stored assessment", e))?;
    Ok(assessment.grade)
}
