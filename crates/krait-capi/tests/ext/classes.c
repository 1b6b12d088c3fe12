/* A static type with methods, members, computed attributes and a traverse function; a heap type from a
 * specification, with a state per module; types over builtin ones. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

typedef struct {
    PyObject_HEAD
    PyObject *child;
    PyObject *weakrefs;
    double weight;
    int count;
    char flag;
    const char *label;
} Node;

static int live_nodes;

static int node_traverse(Node *self, visitproc visit, void *arg) {
    Py_VISIT(self->child);
    return 0;
}

static int node_clear(Node *self) {
    Py_CLEAR(self->child);
    return 0;
}

static void node_dealloc(Node *self) {
    PyObject_GC_UnTrack(self);
    if (self->weakrefs)
        PyObject_ClearWeakRefs((PyObject *)self);
    node_clear(self);
    live_nodes--;
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)args, (void)kwargs;
    Node *self = (Node *)type->tp_alloc(type, 0);
    if (self) {
        self->label = "node";
        live_nodes++;
    }
    return (PyObject *)self;
}

static int node_init(Node *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"weight", "child", "count", NULL};
    PyObject *child = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|dO$i:Node", names, &self->weight, &child, &self->count))
        return -1;
    if (child) {
        Py_INCREF(child);
        Py_XSETREF(self->child, child);
    }
    return 0;
}

static PyObject *node_repr(Node *self) {
    char *weight = PyOS_double_to_string(self->weight, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    PyObject *text = PyUnicode_FromFormat("<%s weight=%s count=%d child=%R>", Py_TYPE(self)->tp_name, weight, self->count, self->child ? self->child : Py_None);
    PyMem_Free(weight);
    return text;
}

static PyObject *node_scale(Node *self, PyObject *factor) {
    double by = PyFloat_AsDouble(factor);
    if (by == -1.0 && PyErr_Occurred())
        return NULL;
    self->weight *= by;
    Py_INCREF(self);
    return (PyObject *)self;
}

static PyObject *node_make(PyObject *type, PyObject *const *args, Py_ssize_t nargs) {
    if (nargs != 1)
        return PyErr_Format(PyExc_TypeError, "make() takes 1 argument (%zd given)", nargs);
    return PyObject_CallFunction(type, "dO", 9.0, args[0]);
}

static PyObject *node_live(PyObject *self, PyObject *args) {
    (void)self, (void)args;
    return PyLong_FromLong(live_nodes);
}

static PyObject *node_both(Node *self, PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    PyObject *keywords = PyList_New(0);
    for (Py_ssize_t i = 0; keywords && names && i < PyTuple_GET_SIZE(names); i++) {
        PyObject *pair = Py_BuildValue("OO", PyTuple_GET_ITEM(names, i), args[nargs + i]);
        if (!pair || PyList_Append(keywords, pair) < 0)
            Py_CLEAR(keywords);
        Py_XDECREF(pair);
    }
    return keywords ? Py_BuildValue("niN", nargs, self->count, keywords) : NULL;
}

static PyMethodDef node_methods[] = {
    {"scale", (PyCFunction)node_scale, METH_O, "scale($self, factor, /)\n--\n\nScale the weight."},
    {"make", (PyCFunction)(void (*)(void))node_make, METH_CLASS | METH_FASTCALL, "Make a node."},
    {"live", node_live, METH_STATIC | METH_NOARGS, "How many nodes there are."},
    {"both", (PyCFunction)(void (*)(void))node_both, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef node_members[] = {
    {"weight", Py_T_DOUBLE, offsetof(Node, weight), 0, "The weight."},
    {"count", Py_T_INT, offsetof(Node, count), 0, NULL},
    {"flag", Py_T_BOOL, offsetof(Node, flag), 0, NULL},
    {"label", Py_T_STRING, offsetof(Node, label), Py_READONLY, NULL},
    {"raw_child", Py_T_OBJECT_EX, offsetof(Node, child), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *node_get_child(Node *self, void *closure) {
    (void)closure;
    return Py_NewRef(self->child ? self->child : Py_None);
}

static int node_set_child(Node *self, PyObject *value, void *closure) {
    (void)closure;
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "child stays");
        return -1;
    }
    Py_INCREF(value);
    Py_XSETREF(self->child, value);
    return 0;
}

static PyObject *node_get_double(Node *self, void *closure) {
    return PyFloat_FromDouble(self->weight * *(int *)closure);
}

static int two = 2;

static PyGetSetDef node_getset[] = {
    {"child", (getter)node_get_child, (setter)node_set_child, "The child.", NULL},
    {"double", (getter)node_get_double, NULL, NULL, &two},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject Node_Type;

static PyObject *node_add(PyObject *left, PyObject *right) {
    if (!PyObject_TypeCheck(left, &Node_Type) || !PyObject_TypeCheck(right, &Node_Type))
        Py_RETURN_NOTIMPLEMENTED;
    return PyObject_CallFunction((PyObject *)&Node_Type, "d", ((Node *)left)->weight + ((Node *)right)->weight);
}

static int node_bool(Node *self) { return self->weight != 0; }

static PyNumberMethods node_number = {.nb_add = node_add, .nb_bool = (inquiry)node_bool};

static Py_ssize_t node_length(Node *self) { return self->count; }

static PyObject *node_item(Node *self, Py_ssize_t index) {
    if (index < 0 || index >= self->count)
        return PyErr_Format(PyExc_IndexError, "node index %zd out of range", index);
    return PyLong_FromSsize_t(index * 10);
}

static PySequenceMethods node_sequence = {.sq_length = (lenfunc)node_length, .sq_item = (ssizeargfunc)node_item};

static PyObject *node_subscript(Node *self, PyObject *key) {
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred())
            return NULL;
        return node_item(self, index < 0 ? index + self->count : index);
    }
    return PyUnicode_FromFormat("[%S]", key);
}

static PyMappingMethods node_mapping = {.mp_length = (lenfunc)node_length, .mp_subscript = (binaryfunc)node_subscript};

static PyObject *node_compare(PyObject *left, PyObject *right, int op) {
    if (!PyObject_TypeCheck(right, &Node_Type))
        Py_RETURN_NOTIMPLEMENTED;
    double a = ((Node *)left)->weight, b = ((Node *)right)->weight;
    Py_RETURN_RICHCOMPARE(a, b, op);
}

static Py_hash_t node_hash(Node *self) { return (Py_hash_t)self->weight + 1000; }

static PyObject *node_call(Node *self, PyObject *args, PyObject *kwargs) {
    return Py_BuildValue("dOO", self->weight, args, kwargs ? kwargs : Py_None);
}

static PyTypeObject Node_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "classes.Node",
    .tp_basicsize = sizeof(Node),
    .tp_dealloc = (destructor)node_dealloc,
    .tp_repr = (reprfunc)node_repr,
    .tp_as_number = &node_number,
    .tp_as_sequence = &node_sequence,
    .tp_as_mapping = &node_mapping,
    .tp_hash = (hashfunc)node_hash,
    .tp_call = (ternaryfunc)node_call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Node(weight=0.0, child=None)\n--\n\nA node.",
    .tp_traverse = (traverseproc)node_traverse,
    .tp_clear = (inquiry)node_clear,
    .tp_richcompare = node_compare,
    .tp_weaklistoffset = offsetof(Node, weakrefs),
    .tp_methods = node_methods,
    .tp_members = node_members,
    .tp_getset = node_getset,
    .tp_init = (initproc)node_init,
    .tp_new = node_new,
};

/* A list with a number. */
typedef struct {
    PyListObject list;
    int state;
} NumberedList;

static PyObject *numbered_increment(NumberedList *self, PyObject *args) {
    (void)args;
    return PyLong_FromLong(++self->state);
}

static PyMethodDef numbered_methods[] = {
    {"increment", (PyCFunction)numbered_increment, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject NumberedList_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "classes.NumberedList",
    .tp_basicsize = sizeof(NumberedList),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = numbered_methods,
};

/* The heap type and the module's state. */
typedef struct {
    PyTypeObject *counter_type;
    PyObject *error;
    int made;
} State;

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    Py_ssize_t next;
    Py_ssize_t limit;
} Counter;

static int counter_init(Counter *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"limit", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n", names, &self->limit))
        return -1;
    State *state = PyType_GetModuleState(Py_TYPE(self));
    if (state)
        state->made++;
    else
        PyErr_Clear();
    return 0;
}

static int counter_traverse(Counter *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->dict);
    return 0;
}

static int counter_clear(Counter *self) {
    Py_CLEAR(self->dict);
    return 0;
}

static void counter_dealloc(Counter *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    counter_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *counter_next(Counter *self) {
    return self->next < self->limit ? PyLong_FromSsize_t(self->next++) : NULL;
}

static PyObject *counter_fail(PyObject *self, PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    (void)args, (void)names;
    State *state = PyType_GetModuleState(type);
    if (!state)
        return NULL;
    return PyErr_Format(state->error, "%T failed with %zd arguments after %d", self, nargs, state->made > 0);
}

static PyMethodDef counter_methods[] = {
    {"fail", (PyCFunction)(void (*)(void))counter_fail, METH_METHOD | METH_FASTCALL | METH_KEYWORDS, "Fail."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef counter_members[] = {
    {"__dictoffset__", Py_T_PYSSIZET, offsetof(Counter, dict), Py_READONLY, NULL},
    {"limit", Py_T_PYSSIZET, offsetof(Counter, limit), 0, "The limit."},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef counter_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot counter_slots[] = {
    {Py_tp_doc, "Counts."},
    {Py_tp_init, counter_init},
    {Py_tp_traverse, counter_traverse},
    {Py_tp_clear, counter_clear},
    {Py_tp_dealloc, counter_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, counter_next},
    {Py_tp_methods, counter_methods},
    {Py_tp_members, counter_members},
    {Py_tp_getset, counter_getset},
    {0, NULL},
};

static PyType_Spec counter_spec = {
    "classes.Counter", sizeof(Counter), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, counter_slots,
};

static PyObject *slot_of(PyObject *self, PyObject *args) {
    (void)self;
    PyTypeObject *type;
    int slot;
    if (!PyArg_ParseTuple(args, "O!i", &PyType_Type, &type, &slot))
        return NULL;
    void *found = PyType_GetSlot(type, slot);
    return !found && PyErr_Occurred() ? NULL : PyBool_FromLong(found != NULL);
}

static PyMethodDef functions[] = {
    {"slot_of", slot_of, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int exec(PyObject *module) {
    State *state = PyModule_GetState(module);
    state->error = PyErr_NewExceptionWithDoc("classes.CounterError", "A counter failed.", PyExc_ValueError, NULL);
    if (!state->error || PyModule_AddObjectRef(module, "CounterError", state->error) < 0)
        return -1;
    state->counter_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &counter_spec, NULL);
    if (!state->counter_type || PyModule_AddType(module, state->counter_type) < 0)
        return -1;
    if (PyModule_AddType(module, &Node_Type) < 0)
        return -1;
    NumberedList_Type.tp_base = &PyList_Type;
    if (PyModule_AddType(module, &NumberedList_Type) < 0)
        return -1;
    return PyModule_AddIntConstant(module, "ANSWER", 42) | PyModule_AddStringConstant(module, "TEXT", "text") | PyModule_AddIntMacro(module, Py_tp_new);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
    State *state = PyModule_GetState(module);
    Py_VISIT(state->counter_type);
    Py_VISIT(state->error);
    return 0;
}

static int module_clear(PyObject *module) {
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->counter_type);
    Py_CLEAR(state->error);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec},
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "classes", "Types of all kinds.", sizeof(State), functions, slots, module_traverse, module_clear, NULL,
};

PyMODINIT_FUNC PyInit_classes(void) { return PyModuleDef_Init(&module); }
