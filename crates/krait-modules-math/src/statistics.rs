//! `_statistics`: the inverse of the normal distribution's cumulative function.

use krait_macros::pyfunction;
use krait_runtime::{PyResult, pymodule, value_error};

pymodule! {
    pub STATISTICS = "_statistics", "Accelerators for the statistics module.\n",
    functions: [_normal_dist_inv_cdf],
    classes: [],
    exec: None,
}

/// The coefficients of a quotient of polynomials, the highest power first.
struct Quotient {
    numerator: [f64; 8],
    denominator: [f64; 8],
}

impl Quotient {
    fn parts(&self, x: f64) -> (f64, f64) {
        let value = |row: &[f64; 8]| row.iter().fold(0.0, |sum, each| sum * x + each);
        (value(&self.numerator), value(&self.denominator))
    }
}

/// Wichura's algorithm AS241: the middle of the distribution.
const CENTRE: Quotient = Quotient {
    numerator: [
        2_509.080_928_730_122_672_7,
        33_430.575_583_588_128_105,
        67_265.770_927_008_700_853,
        45_921.953_931_549_871_457,
        13_731.693_765_509_461_125,
        1_971.590_950_306_551_442_7,
        133.141_667_891_784_377_45,
        3.387_132_872_796_366_608_0,
    ],
    denominator: [
        5_226.495_278_852_854_561_0,
        28_729.085_735_721_942_674,
        39_307.895_800_092_710_610,
        21_213.794_301_586_595_867,
        5_394.196_021_424_751_107_7,
        687.187_007_492_057_908_30,
        42.313_330_701_600_911_252,
        1.0,
    ],
};

/// The sides.
const SIDE: Quotient = Quotient {
    numerator: [
        7.745_450_142_783_414_076_40e-4,
        2.272_384_498_926_918_458_33e-2,
        2.417_807_251_774_506_117_70e-1,
        1.270_458_252_452_368_382_58,
        3.647_848_324_763_204_605_04,
        5.769_497_221_460_691_405_50,
        4.630_337_846_156_545_295_90,
        1.423_437_110_749_683_577_34,
    ],
    denominator: [
        1.050_750_071_644_416_843_24e-9,
        5.475_938_084_995_344_946_00e-4,
        1.519_866_656_361_645_719_66e-2,
        1.481_039_764_274_800_745_90e-1,
        6.897_673_349_851_000_045_50e-1,
        1.676_384_830_183_803_849_40,
        2.053_191_626_637_758_821_87,
        1.0,
    ],
};

/// The far tails.
const TAIL: Quotient = Quotient {
    numerator: [
        2.010_334_399_292_288_132_65e-7,
        2.711_555_568_743_487_578_15e-5,
        1.242_660_947_388_078_438_60e-3,
        2.653_218_952_657_612_309_30e-2,
        2.965_605_718_285_048_912_30e-1,
        1.784_826_539_917_291_335_80,
        5.463_784_911_164_114_369_90,
        6.657_904_643_501_103_777_20,
    ],
    denominator: [
        2.044_263_103_389_939_785_64e-15,
        1.421_511_758_316_445_888_70e-7,
        1.846_318_317_510_054_681_80e-5,
        7.868_691_311_456_132_591_00e-4,
        1.487_536_129_085_061_485_25e-2,
        1.369_298_809_227_358_053_10e-1,
        5.998_322_065_558_879_376_90e-1,
        1.0,
    ],
};

#[allow(missing_docs)]
#[pyfunction(signature = "(p, mu, sigma, /)")]
pub fn _normal_dist_inv_cdf(p: f64, mu: f64, sigma: f64) -> PyResult<f64> {
    if p <= 0.0 || p >= 1.0 || sigma <= 0.0 {
        return Err(value_error!("inv_cdf undefined for these parameters"));
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let (numerator, denominator) = CENTRE.parts(0.180625 - q * q);
        return Ok(mu + (numerator * q / denominator) * sigma);
    }
    let r = if q <= 0.0 { p } else { 1.0 - p };
    if r <= 0.0 || r >= 1.0 {
        return Err(value_error!("inv_cdf undefined for these parameters"));
    }
    let r = (-r.ln()).sqrt();
    let (numerator, denominator) = if r <= 5.0 {
        SIDE.parts(r - 1.6)
    } else {
        TAIL.parts(r - 5.0)
    };
    let x = numerator / denominator;
    Ok(mu + if q < 0.0 { -x } else { x } * sigma)
}
