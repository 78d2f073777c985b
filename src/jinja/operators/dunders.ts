const words =
  'abs abstractmethods add aiter and annotations base bases basicsize bool builtins call ceil class ' +
  'class_getitem closure code complex contains defaults del delattr delitem dict dictoffset dir div ' +
  'divmod doc eq flags float floor floordiv format ge get getattr getattribute getformat getitem ' +
  'getnewargs getstate globals gt hash html html_format iadd imul index init init_subclass ' +
  'instancecheck int invert ior itemsize iter kwdefaults le len length_hint lshift lt mod module mro ' +
  'mul name ne neg new next or pos pow prepare qualname radd rand rdiv rdivmod reduce reduce_ex repr ' +
  'reversed rfloordiv rlshift rmod rmul ror round rpow rrshift rshift rsub rtruediv rxor self setattr ' +
  'setitem setstate sizeof slots str sub subclasscheck subclasses subclasshook text_signature truediv ' +
  'trunc weakref weakrefoffset xor';

/** The special attributes that objects of Python have: in templates, only ways out of them. */
export const dunders: ReadonlySet<string> = new Set(words.split(' ').map((word) => `__${word}__`));
