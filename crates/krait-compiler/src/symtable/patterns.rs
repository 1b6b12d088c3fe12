//! `match` statements of the first pass.

use krait_ast::{ExprContext, MatchCase, Pattern, PatternKind};

use super::build::Builder;
use super::types::def;
use crate::error::{Result, location};

impl Builder {
    pub(super) fn match_case(&mut self, case: &MatchCase) -> Result<()> {
        self.pattern(&case.pattern)?;
        self.exprs(case.guard.as_deref())?;
        self.stmts(&case.body)
    }

    fn pattern(&mut self, pattern: &Pattern) -> Result<()> {
        self.nested(|builder| builder.pattern_kind(pattern))
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> Result<()> {
        patterns
            .iter()
            .try_for_each(|pattern| self.pattern(pattern))
    }

    fn pattern_kind(&mut self, pattern: &Pattern) -> Result<()> {
        let loc = location(pattern.range);
        match &pattern.kind {
            PatternKind::MatchValue { value } => self.expr(value),
            PatternKind::MatchSingleton { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => {
                self.patterns(patterns)
            }
            PatternKind::MatchStar { name } => match name {
                Some(name) => self.add_def(name, def::LOCAL, loc),
                None => Ok(()),
            },
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            } => {
                self.exprs(keys)?;
                self.patterns(patterns)?;
                match rest {
                    Some(rest) => self.add_def(rest, def::LOCAL, loc),
                    None => Ok(()),
                }
            }
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_attrs,
                kwd_patterns,
            } => {
                self.expr(cls)?;
                self.patterns(patterns)?;
                for (attr, pattern) in kwd_attrs.iter().zip(kwd_patterns) {
                    Self::check_name(attr, location(pattern.range), ExprContext::Store)?;
                }
                self.patterns(kwd_patterns)
            }
            PatternKind::MatchAs { pattern, name } => {
                if let Some(pattern) = pattern {
                    self.pattern(pattern)?;
                }
                match name {
                    Some(name) => self.add_def(name, def::LOCAL, loc),
                    None => Ok(()),
                }
            }
        }
    }
}
