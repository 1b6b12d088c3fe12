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
        2_509.080_928_730_122_7,
        33_430.575_583_588_13,
        67_265.770_927_008_7,
        45_921.953_931_549_87,
        13_731.693_765_509_46,
        1_971.590_950_306_551_3,
        133.141_667_891_784_38,
        3.387_132_872_796_366_5,
    ],
    denominator: [
        5_226.495_278_852_854,
        28_729.085_735_721_943,
        39_307.895_800_092_71,
        21_213.794_301_586_597,
        5_394.196_021_424_751,
        687.187_007_492_057_9,
        42.313_330_701_600_91,
        1.0,
    ],
};

/// The sides.
const SIDE: Quotient = Quotient {
    numerator: [
        7.745_450_142_783_414e-4,
        2.272_384_498_926_918_4e-2,
        2.417_807_251_774_506e-1,
        1.270_458_252_452_368_4,
        3.647_848_324_763_204_5,
        5.769_497_221_460_691,
        4.630_337_846_156_546,
        1.423_437_110_749_683_5,
    ],
    denominator: [
        1.050_750_071_644_416_9e-9,
        5.475_938_084_995_345e-4,
        1.519_866_656_361_645_7e-2,
        1.481_039_764_274_800_8e-1,
        6.897_673_349_851e-1,
        1.676_384_830_183_803_8,
        2.053_191_626_637_759,
        1.0,
    ],
};

/// The far tails.
const TAIL: Quotient = Quotient {
    numerator: [
        2.010_334_399_292_288_1e-7,
        2.711_555_568_743_487_6e-5,
        1.242_660_947_388_078_4e-3,
        2.653_218_952_657_612_4e-2,
        2.965_605_718_285_048_7e-1,
        1.784_826_539_917_291_3,
        5.463_784_911_164_114,
        6.657_904_643_501_103,
    ],
    denominator: [
        2.044_263_103_389_939_7e-15,
        1.421_511_758_316_446e-7,
        1.846_318_317_510_054_8e-5,
        7.868_691_311_456_133e-4,
        1.487_536_129_085_061_5e-2,
        1.369_298_809_227_358e-1,
        5.998_322_065_558_88e-1,
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
