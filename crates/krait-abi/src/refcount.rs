//! `refcount.h`: the constants of reference counts and of immortality.

abi_consts! {
    /// Flag in `ob_flags`: the object is a static, never freed.
    pub const _Py_STATICALLY_ALLOCATED_FLAG: u16 = 4;
    /// Flag in `ob_flags`: the object is immortal.
    pub const _Py_IMMORTAL_FLAGS: u16 = 1;
    /// The count an object gets when it is made immortal.
    pub const _Py_IMMORTAL_INITIAL_REFCNT: u32 = 3 << 30;
    /// Any count from here on means immortal; as an `i32` such a count is negative.
    pub const _Py_IMMORTAL_MINIMUM_REFCNT: u32 = 1 << 31;
    /// The `ob_flags` of a static object.
    pub const _Py_STATIC_FLAG_BITS: u16 = _Py_STATICALLY_ALLOCATED_FLAG | _Py_IMMORTAL_FLAGS;
    /// The whole 64-bit count field of a static object: count, overflow and flags.
    pub const _Py_STATIC_IMMORTAL_INITIAL_REFCNT: i64 =
        _Py_IMMORTAL_INITIAL_REFCNT as i64 | ((_Py_STATIC_FLAG_BITS as i64) << 48);
}
