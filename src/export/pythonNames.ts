/** The names of a cell's quantities and parameters as variables of Python, whatever their author called them. */

/** Words of Python, and the variables that the scripts have themselves. */
const taken = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with " +
    "above dx float gradients iter json len name next np order range reversed self start step steps sum sums t torch values value weights x x_t F H N T " +
    "log_sum_exp sigmoid silu softmax target target_class"
  ).split(" "),
);

/**
 * A name that no other of the same script has: what could be taken for something else ends in a line, and what Python would read
 * as other letters is written by its code points.
 */
export function variable(name: string): string {
  const isStable = name.normalize("NFKC") === name && /^[\p{L}_][\p{L}\p{M}\p{Nd}_]*$/u.test(name);
  if (!isStable) return `u_${Array.from(name, (sign) => sign.codePointAt(0)!.toString(16)).join("_")}`;
  return taken.has(name) || taken.has(`d${name}`) || /^d|^u_|_$|_(?:before|after)$/.test(name) ? `${name}_` : name;
}

/** What every module of PyTorch has. */
const ofModules = new Set(
  (
    "T_destination add_module apply bfloat16 buffers children compile cpu cuda double dump_patches eval extra_repr float forward " +
    "get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers named_children " +
    "named_modules named_parameters parameters register_buffer register_module register_parameter requires_grad_ set_extra_state " +
    "set_submodule share_memory state_dict to to_empty train training type xpu zero_grad call_super_init"
  ).split(" "),
);

/** A parameter as an attribute of a module. */
export function attribute(name: string): string {
  const own = variable(name);
  return ofModules.has(own) || own.startsWith("register_") || own.startsWith("_") ? `w_${own}` : own;
}
