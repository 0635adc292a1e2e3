//! Several commands that take effect together or not at all, decided one after the other, each on what the ones before it did.

use changxiao_domain::{
    actor::Actor,
    refusal::{Kind, Refusal, Refuse},
    stamp::Moment,
};

use super::book::{Book, Command, Decision};

/// A whole of commands. The writer gives it a transaction of its own and throws that away if one of them is refused.
pub struct Whole<B: Book>(Vec<Box<dyn Command<B>>>);

impl<B: Book> Whole<B> {
    /// These commands, in this order.
    #[must_use]
    pub fn new(parts: Vec<Box<dyn Command<B>>>) -> Self {
        Self(parts)
    }
}

impl<B: Book> Command<B> for Whole<B> {
    fn needs(&self, actor: &Actor, needs: &mut B::Needs) {
        self.0.iter().for_each(|part| part.needs(actor, needs));
    }

    fn then(&self, known: &B::Known, needs: &mut B::Needs) {
        self.0.iter().for_each(|part| part.then(known, needs));
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, _: &B::Known) -> Result<Decision<B>, Refusal> {
        // Only its parts decide; without any there is nothing to do.
        Ok(Decision { events: Vec::new(), subject: "region".to_owned(), outside: None })
    }

    fn parts(&mut self) -> Vec<Box<dyn Command<B>>> {
        std::mem::take(&mut self.0)
    }

    fn is_whole(&self) -> bool {
        true
    }
}

/// Which parts of a whole were refused, by their place, and why. Nothing of the whole took effect.
#[derive(Debug)]
pub struct PartsRefused(pub Vec<(usize, Refusal)>);

impl std::fmt::Display for PartsRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (first, rest) = (self.0.first(), self.0.len().saturating_sub(1));
        match first {
            Some((at, why)) => write!(f, "part {} was refused, and {rest} more: {why}", at + 1),
            None => f.write_str("nothing was refused"),
        }
    }
}

impl Refuse for PartsRefused {
    fn kind(&self) -> Kind {
        Kind::FailedPrecondition
    }
    fn reason(&self) -> &'static str {
        "PARTS_REFUSED"
    }
    fn zh(&self) -> String {
        format!("其中{}项被拒绝,全部未执行", self.0.len())
    }
}
