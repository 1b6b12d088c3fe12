//! A Python string's code points in the narrowest of CPython's three widths.

/// Borrowed code points, one unit each; `Latin1` holds U+0000 to U+00FF.
#[derive(Clone, Copy, Debug)]
pub enum StrSlice<'a> {
    /// One byte a code point.
    Latin1(&'a [u8]),
    /// Two bytes a code point.
    Ucs2(&'a [u16]),
    /// Four bytes a code point.
    Ucs4(&'a [u32]),
}

/// Runs `$body` with `$units` bound to the slice of whichever width it has.
#[macro_export]
macro_rules! with_units {
    ($slice:expr, $units:ident => $body:expr) => {
        match $slice {
            $crate::StrSlice::Latin1($units) => $body,
            $crate::StrSlice::Ucs2($units) => $body,
            $crate::StrSlice::Ucs4($units) => $body,
        }
    };
}

impl<'a> StrSlice<'a> {
    /// The number of code points.
    #[inline]
    pub fn len(&self) -> usize {
        with_units!(self, units => units.len())
    }

    /// Whether there is no code point.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code point at `index`.
    ///
    /// # Panics
    /// If `index` is out of range.
    #[inline]
    pub fn at(&self, index: usize) -> u32 {
        match self {
            StrSlice::Latin1(units) => u32::from(units[index]),
            StrSlice::Ucs2(units) => u32::from(units[index]),
            StrSlice::Ucs4(units) => units[index],
        }
    }

    /// The code points from `start` up to `end`.
    ///
    /// # Panics
    /// If the range is not within the slice.
    #[inline]
    pub fn sub(&self, start: usize, end: usize) -> StrSlice<'a> {
        match self {
            StrSlice::Latin1(units) => StrSlice::Latin1(&units[start..end]),
            StrSlice::Ucs2(units) => StrSlice::Ucs2(&units[start..end]),
            StrSlice::Ucs4(units) => StrSlice::Ucs4(&units[start..end]),
        }
    }

    /// The code points in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + Clone + 'a {
        (0..self.len()).map(move |index| self.at(index))
    }

    /// Calls `visit` with each code point; quicker than [`StrSlice::iter`].
    #[inline]
    pub fn for_each(self, mut visit: impl FnMut(u32)) {
        match self {
            StrSlice::Latin1(units) => units.iter().for_each(|&unit| visit(u32::from(unit))),
            StrSlice::Ucs2(units) => units.iter().for_each(|&unit| visit(u32::from(unit))),
            StrSlice::Ucs4(units) => units.iter().for_each(|&unit| visit(unit)),
        }
    }

    /// The largest code point, 0 if there is none.
    pub fn max_code_point(self) -> u32 {
        match self {
            StrSlice::Latin1(units) => units.iter().copied().max().unwrap_or(0).into(),
            StrSlice::Ucs2(units) => units.iter().copied().max().unwrap_or(0).into(),
            StrSlice::Ucs4(units) => units.iter().copied().max().unwrap_or(0),
        }
    }
}

impl PartialEq for StrSlice<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (StrSlice::Latin1(left), StrSlice::Latin1(right)) => left == right,
            (StrSlice::Ucs2(left), StrSlice::Ucs2(right)) => left == right,
            (StrSlice::Ucs4(left), StrSlice::Ucs4(right)) => left == right,
            _ => self.len() == other.len() && self.iter().eq(other.iter()),
        }
    }
}

impl Eq for StrSlice<'_> {}

impl PartialOrd for StrSlice<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StrSlice<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (StrSlice::Latin1(left), StrSlice::Latin1(right)) => left.cmp(right),
            (StrSlice::Ucs2(left), StrSlice::Ucs2(right)) => left.cmp(right),
            (StrSlice::Ucs4(left), StrSlice::Ucs4(right)) => left.cmp(right),
            _ => self.iter().cmp(other.iter()),
        }
    }
}
