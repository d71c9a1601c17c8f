// oxlint-disable-next-line typescript/no-explicit-any
type Any = any;

/** Without the union package nobody gives tensors the methods that the layers call. */
export function registerChainedOps(tf: Any): void {
  const prototype = tf.Tensor.prototype;
  prototype.flatten = function (this: Any) {
    return tf.reshape(this, [this.size]);
  };
  for (const name of Object.keys(tf))
    if (typeof tf[name] === "function" && /^[a-z]/.test(name))
      prototype[name] ??= function (this: Any, ...args: Any[]) {
        return tf[name](this, ...args);
      };
}
