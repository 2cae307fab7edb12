//! The peer evaluation in the evaluators' hands: a hand-over page between them, and for each their
//! own form. Nothing else of the store is reached from here, and nothing that another one gave.

use std::fmt::Write as _;

use itgel_device::{Error, QUESTIONS};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::Ballot;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_text::{self as text, Lang, escape};

use super::evaluation::counted;
use super::{alert, paragraph};
use crate::app::{FieldApp, Handed};
use crate::request::{Form, Page, Trouble};
use crate::value::plain;

/// The page that follows what an evaluator did.
pub(crate) fn step(app: &FieldApp, handed: &Handed, form: &Form) -> Result<Page, Trouble> {
    let written = plain(form.get("evaluator"));
    if written.is_empty() || form.get("go") == "done" {
        let words = match form.get("go") {
            "start" => Some(text::app_round_evaluator_wrong(app.lang())),
            _ => None,
        };
        return hand(app, handed, words.as_deref(), form.get("cast") == "1");
    }
    let Ok(evaluator) = written.parse::<OfficerId>() else {
        let words = text::app_round_evaluator_wrong(app.lang());
        return hand(app, handed, Some(&words), false);
    };
    match (form.lang(), form.get("go")) {
        (Some(_), _) => again(app, handed, &evaluator, form),
        (None, "cast") => cast(app, handed, &evaluator, form),
        _ => next(app, handed, &evaluator, form),
    }
}

/// The page on which the device changes hands.
fn hand(
    app: &FieldApp,
    handed: &Handed,
    wrong: Option<&str>,
    has_cast: bool,
) -> Result<Page, Trouble> {
    let (lang, device) = (app.lang(), &handed.session.device);
    let mut html = String::new();
    if has_cast {
        paragraph(&mut html, "kept", &text::app_round_thanks(lang));
    }
    if let Some(words) = wrong {
        alert(&mut html, words);
    }
    if let [only] = handed.households.as_slice() {
        let count = device.evaluation(only, &handed.cycle, app.today())?;
        counted(&mut html, lang, &count);
    }
    let _ = writeln!(html, "<h2>{}</h2>", escape(&text::app_round_hand(lang)));
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"/round\" class=\"door\" autocomplete=\"off\"><div class=\"field\">\
         <label for=\"evaluator\">{}</label><input id=\"evaluator\" name=\"evaluator\" required \
         autocomplete=\"off\" spellcheck=\"false\" list=\"evaluators\"></div><datalist id=\"evaluators\">",
        escape(&text::app_round_evaluator(lang))
    );
    for known in known(handed)? {
        let _ = write!(html, "<option value=\"{}\">", escape(known.as_str()));
    }
    let _ = writeln!(
        html,
        "</datalist><button class=\"main\" name=\"go\" value=\"start\">{}</button></form>",
        escape(&text::app_round_start(lang))
    );
    paragraph(&mut html, "note", &text::app_evaluation_why(lang));
    let _ = writeln!(
        html,
        "<p><a class=\"button wide\" href=\"/\">{}</a></p>",
        escape(&text::app_round_return(lang))
    );
    Ok(Page::new(text::app_evaluation(lang), "/round", html))
}

/// Who has voted in this gacha already.
fn known(handed: &Handed) -> Result<Vec<OfficerId>, Trouble> {
    let device = &handed.session.device;
    let Some(first) = handed.households.first() else {
        return Ok(Vec::new());
    };
    let gacha = device.subject(first)?.division;
    Ok(device
        .evaluators(gacha, &handed.cycle)?
        .into_iter()
        .collect())
}

/// The form of the next household that the evaluator may vote on, or the hand-over.
fn next(
    app: &FieldApp,
    handed: &Handed,
    evaluator: &OfficerId,
    form: &Form,
) -> Result<Page, Trouble> {
    let device = &handed.session.device;
    let mut skipped: Vec<String> = form.all("skip").map(str::to_owned).collect();
    if form.get("go") == "pass" {
        skipped.push(form.get("household").to_owned());
    }
    let has_cast = form.get("cast") == "1" || form.get("go") == "cast";
    let mut against = None;
    for id in &handed.households {
        if skipped.iter().any(|skip| skip == id.as_str()) {
            continue;
        }
        match device.check_evaluator(id, &handed.cycle, evaluator, app.today()) {
            Ok(()) => {
                let asked = Asked {
                    evaluator,
                    household: id,
                    skipped: &skipped,
                    has_cast,
                };
                return asked.page(app, handed, &Form::default());
            }
            Err(Error::Invalid(wrong)) => {
                against = against.or(wrong.first().map(|one| one.code));
            }
            // A household that was erased meanwhile is nobody's to vote on.
            Err(Error::SubjectErased(_) | Error::SubjectUnknown(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let lang = app.lang();
    let words = match (has_cast, against) {
        (true, _) => None,
        (false, Some(code)) if skipped.is_empty() => Some(text::error(lang, code, &[])),
        _ => Some(text::app_round_nothing(lang)),
    };
    hand(app, handed, words.as_deref(), has_cast)
}

/// The form as it was written, in another language.
fn again(
    app: &FieldApp,
    handed: &Handed,
    evaluator: &OfficerId,
    form: &Form,
) -> Result<Page, Trouble> {
    let Some(household) = household(handed, form) else {
        return hand(app, handed, None, false);
    };
    let skipped: Vec<String> = form.all("skip").map(str::to_owned).collect();
    let asked = Asked {
        evaluator,
        household,
        skipped: &skipped,
        has_cast: form.get("cast") == "1",
    };
    asked.page(app, handed, form)
}

fn household<'a>(handed: &'a Handed, form: &Form) -> Option<&'a SubjectId> {
    let mut all = handed.households.iter();
    all.find(|id| id.as_str() == form.get("household"))
}

/// Keeps a ballot; the form again where something is missing.
fn cast(
    app: &FieldApp,
    handed: &Handed,
    evaluator: &OfficerId,
    form: &Form,
) -> Result<Page, Trouble> {
    let Some(household) = household(handed, form) else {
        return Err(Trouble::NotFound);
    };
    let given = QUESTIONS.map(|question| form.get(question).parse::<u8>().ok());
    let [Some(a), Some(b), Some(c), Some(d)] = given else {
        return again(app, handed, evaluator, form);
    };
    let ballot = Ballot {
        subject: household.clone(),
        cycle: handed.cycle.clone(),
        evaluator: evaluator.clone(),
        scores: [a, b, c, d],
    };
    match handed.session.device.put_ballot(ballot, app.now()) {
        Ok(_) => next(app, handed, evaluator, form),
        Err(Error::Invalid(wrong)) => {
            let code = wrong.first().map_or(ErrorCode::NotAllowed, |one| one.code);
            let words = text::error(app.lang(), code, &[]);
            hand(app, handed, Some(&words), form.get("cast") == "1")
        }
        Err(error) => Err(error.into()),
    }
}

/// A household and who votes on it.
struct Asked<'a> {
    evaluator: &'a OfficerId,
    household: &'a SubjectId,
    skipped: &'a [String],
    /// The evaluator has voted on another one before.
    has_cast: bool,
}

impl Asked<'_> {
    /// The form, with what was written in it; a question without a score is named where others have
    /// one.
    fn page(&self, app: &FieldApp, handed: &Handed, written: &Form) -> Result<Page, Trouble> {
        let (lang, device) = (app.lang(), &handed.session.device);
        let subject = device.subject(self.household)?;
        let identity = device.identity(self.household)?;
        let head = identity.first().and_then(|record| record.principal());
        let name = head.map_or_else(
            || text::app_name_unknown(lang),
            |head| head.full_name.clone(),
        );
        let mut html = format!(
            "<form id=\"entry\" method=\"post\" action=\"/round\" autocomplete=\"off\">\
             <p class=\"label\">{} {}</p>\n",
            escape(&subject.local_code),
            escape(&name)
        );
        self.carried(&mut html);
        paragraph(&mut html, "note", &text::app_round_scale(lang));
        for question in QUESTIONS {
            asked_for(&mut html, lang, question, written);
        }
        let _ = writeln!(
            html,
            "<p class=\"ends\"><button class=\"main\" name=\"go\" value=\"cast\">{}</button></p>",
            escape(&text::app_round_cast(lang))
        );
        html.push_str("<p class=\"ends\">");
        if handed.households.len() > 1 {
            let words = text::app_round_skip(lang);
            let _ = write!(
                html,
                "<button name=\"go\" value=\"pass\">{}</button>",
                escape(&words)
            );
        }
        let _ = writeln!(
            html,
            "<button name=\"go\" value=\"done\">{}</button></p></form>",
            escape(&text::app_round_done(lang))
        );
        Ok(Page::new(text::app_evaluation(lang), "/round", html).with_entry())
    }

    fn carried(&self, html: &mut String) {
        let hidden = |html: &mut String, name: &str, value: &str| {
            let value = escape(value);
            let _ = write!(
                html,
                "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
            );
        };
        hidden(html, "evaluator", self.evaluator.as_str());
        hidden(html, "household", self.household.as_str());
        if self.has_cast {
            hidden(html, "cast", "1");
        }
        for skip in self.skipped {
            hidden(html, "skip", skip);
        }
    }
}

fn asked_for(html: &mut String, lang: Lang, question: &str, written: &Form) {
    let words = match question {
        "promises" => text::app_round_promises(lang),
        "diligence" => text::app_round_diligence(lang),
        "loans" => text::app_round_loans(lang),
        _ => text::app_round_rules(lang),
    };
    let given = written.get(question);
    let _ = writeln!(
        html,
        "<fieldset class=\"score\"><legend>{}</legend><div class=\"chips\">",
        escape(&words)
    );
    for score in 1..=5 {
        let checked = match given.parse() == Ok(score) {
            true => " checked",
            false => "",
        };
        let _ = write!(
            html,
            "<input type=\"radio\" id=\"{question}-{score}\" name=\"{question}\" value=\"{score}\"{checked}>\
             <label for=\"{question}-{score}\">{score}</label>"
        );
    }
    html.push_str("</div>\n");
    if given.is_empty() && written.get("go") == "cast" {
        alert(html, &text::app_round_missing(lang));
    }
    html.push_str("</fieldset>\n");
}
