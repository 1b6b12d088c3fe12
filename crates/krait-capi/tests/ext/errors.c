/* Modules that cannot be loaded, by the name that they are loaded under. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static struct PyModuleDef plain = {PyModuleDef_HEAD_INIT, "plain", NULL, 0, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_errors(void) { return PyModule_Create(&plain); }
PyMODINIT_FUNC PyInit_raises(void) { return PyErr_Format(PyExc_RuntimeError, "not today"); }
PyMODINIT_FUNC PyInit_nothing(void) { return NULL; }
PyMODINIT_FUNC PyInit_both(void) {
    PyErr_SetString(PyExc_ValueError, "left over");
    return PyModule_Create(&plain);
}

static int exec_raises(PyObject *module) {
    PyErr_Format(PyExc_ValueError, "exec of %S", module);
    return -1;
}
static int exec_nothing(PyObject *module) {
    (void)module;
    return -1;
}
static int exec_both(PyObject *module) {
    (void)module;
    PyErr_SetString(PyExc_ValueError, "left over");
    return 0;
}
static PyObject *create_int(PyObject *spec, PyModuleDef *def) {
    (void)spec, (void)def;
    return PyLong_FromLong(1000);
}
static PyObject *create_null(PyObject *spec, PyModuleDef *def) {
    (void)spec, (void)def;
    return NULL;
}

#define PHASES(name, ...)                                                                                                         \
    static PyModuleDef_Slot name##_slots[] = {__VA_ARGS__, {0, NULL}};                                                            \
    static struct PyModuleDef name##_module = {PyModuleDef_HEAD_INIT, #name, NULL, 0, NULL, name##_slots, NULL, NULL, NULL};      \
    PyMODINIT_FUNC PyInit_##name(void) { return PyModuleDef_Init(&name##_module); }

PHASES(execraises, {Py_mod_exec, exec_raises})
PHASES(execnothing, {Py_mod_exec, exec_nothing})
PHASES(execboth, {Py_mod_exec, exec_both})
PHASES(createint, {Py_mod_create, create_int})
PHASES(createnull, {Py_mod_create, create_null})
PHASES(createtwice, {Py_mod_create, create_int}, {Py_mod_create, create_int})
PHASES(badslot, {99, NULL})
PHASES(intexec, {Py_mod_create, create_int}, {Py_mod_exec, exec_both})
