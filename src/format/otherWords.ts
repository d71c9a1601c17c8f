/**
 * The words of Keras, PyTorch, JAX (Flax, Optax), ONNX, brain.js and TensorFlow.js that would change the numbers, and what they are
 * here. A file in which one of them was merely passed over would hold another model than the one that was meant.
 * Case, underscores and hyphens do not count: `return_sequences` and `returnSequences` are one word.
 */

/** What a key of other software is here. */
export interface KeyMeaning {
  /** Its key here, null where it does not exist. With dots it is the path from the file's top. */
  readonly key: string | null;
  /** What its value becomes, `undefined` where that does not tell what to write; without this it stays what it is. */
  readonly value?: (value: unknown) => unknown;
  /** What there is to know besides, as it follows a colon. */
  readonly note?: string;
  /** With these values it says what happens here anyhow. */
  readonly idle?: readonly unknown[];
  /** Its matrix has a row an input, where one here has a row a unit. */
  readonly isTransposed?: boolean;
  /** The keys beside it that its value becomes, where they are several. */
  readonly each?: (value: unknown) => Readonly<Record<string, unknown>> | undefined;
  /** Its value says how many layers like the one that is written stand on each other. */
  readonly stacks?: true;
  /** What to write is obvious in a layer of this cell alone: others have a matrix for each gate. */
  readonly onlyIn?: "rnn";
}

/** What a value of other software is here. */
export interface ValueMeaning {
  /** Null where it does not exist. */
  readonly value: string | null;
  /** Keys beside it that belong to its meaning. */
  readonly beside?: Readonly<Record<string, unknown>>;
  readonly note?: string;
}

/** Words that mean the same, and what. */
export type Words<Meaning> = readonly (readonly [words: string, meaning: Meaning])[];

/** How a word is looked up. */
export const fold = (word: string): string => word.toLowerCase().replaceAll(/[_-]/g, "");

export function meaningIn<Meaning>(table: Words<Meaning>, word: string): Meaning | null {
  const folded = fold(word);
  return table.find(([words]) => words.split(" ").some((one) => fold(one) === folded))?.[1] ?? null;
}

// ---------------------------------------------------------------------------------------------- values

const value = (here: string, note?: string): ValueMeaning => ({ value: here, ...(note !== undefined && { note }) });
const noValue = (note: string): ValueMeaning => ({ value: null, note });
const meanOfOutputs = (here: string): ValueMeaning => ({
  value: here,
  beside: { outputs: "mean" },
  note: 'of its own it sums over the outputs, and over the steps but for reduction "mean"',
});
const otherActivation = noValue('a cell of your own under "cells" can have it');

const activations: Words<ValueMeaning> = [
  ["identity none id", value("linear")],
  ["logistic sigm", value("sigmoid")],
  ["leaky_relu prelu elu selu gelu swish silu mish softplus softsign exponential", otherActivation],
  ["hard_sigmoid hard_tanh hard_swish relu6", otherActivation],
];

/** By the place and the key of the value. */
export const valueWords: Readonly<Record<string, Words<ValueMeaning>>> = {
  "layer.cell": [
    ["SimpleRNN RNN vanilla vanilla_rnn basic_rnn elman elman_rnn rnn_tanh", value("rnn")],
    ["RNNCell SimpleRNNCell BasicRNNCell SimpleCell", value("rnn")],
    ["rnn_relu IRNN RNNTimeStep", { value: "rnn", beside: { activation: "relu" } }],
    ["LSTMCell BasicLSTMCell OptimizedLSTMCell CuDNNLSTM LSTMBlockCell", value("lstm")],
    ["GRUCell CuDNNGRU GRUTimeStep", value("gru")],
    ["linear fc fully_connected mlp feed_forward affine TimeDistributed", value("dense")],
    ["LSTMTimeStep", noValue('it has no cell state c_t; a cell of your own under "cells" can be like it')],
    ["Bidirectional", noValue('"direction": "both" lets any layer read both ways')],
    ["Embedding", noValue('"embedding" stands beside "layers"')],
    ["LSTMP ConvLSTM ConvLSTM2D IndRNN SRU QRNN LTC", noValue('a cell of your own under "cells" can be like it')],
    [
      "Dropout LayerNormalization LayerNorm BatchNormalization BatchNorm Attention MultiHeadAttention Transformer",
      noValue("a layer is a recurrent cell, or dense"),
    ],
    ["Conv1D Conv2D Flatten Masking Lambda RepeatVector", noValue("a layer is a recurrent cell, or dense")],
  ],
  "layer.activation": activations,
  "layer.direction": [
    ["bidirectional bidir", value("both")],
    ["reverse backwards", value("backward")],
    ["forwards", value("forward")],
  ],
  "output.activation": [["log_softmax", value("softmax", "losses are computed from the logits")], ...activations],
  "output.at": [
    ["all each always many", value("every")],
    ["final end one", value("last")],
    ["mean max average sum attention", noValue("the read-out is of each step, or of the end")],
  ],
  "loss.type": [
    ["bce BCELoss BCEWithLogitsLoss binary_crossentropy log_loss", value("binary-cross-entropy")],
    ["sigmoid_cross_entropy sigmoid_binary_cross_entropy", value("binary-cross-entropy")],
    ["ce nll NLLLoss CrossEntropyLoss crossentropy", value("cross-entropy")],
    ["categorical_crossentropy sparse_categorical_crossentropy", value("cross-entropy")],
    ["softmax_cross_entropy softmax_cross_entropy_with_logits", value("cross-entropy")],
    ["mean_squared_error MSELoss l2 l2_loss squared_error", meanOfOutputs("mse")],
    ["mean_absolute_error L1Loss l1 absolute_error", meanOfOutputs("mae")],
    ["HuberLoss smooth_l1 SmoothL1Loss", meanOfOutputs("huber")],
    [
      "rmse kl_div KLDivLoss ctc CTCLoss hinge poisson log_cosh cosine_similarity focal mape quantile",
      noValue("cross-entropy, binary-cross-entropy, mse, mae, huber and linear do"),
    ],
  ],
  "loss.reduction": [
    ["average avg sum_over_batch_size", value("mean", "over the steps with a target")],
    ["none batchmean", noValue("L is the sum or the mean of the steps' losses")],
  ],
  "optimizer.type": [
    ["gd gradient_descent", value("sgd")],
    ["momentum", { value: "sgd", beside: { momentum: 0.9 } }],
    [
      "nadam radam adamax adadelta ftrl lion lamb lbfgs rprop asgd adafactor muon yogi adabelief praxis",
      noValue("sgd, adagrad, rmsprop, adam and adamw do"),
    ],
  ],
  "clip.type": [
    ["global_norm l2 global by_norm", value("norm")],
    ["clamp by_value", value("value")],
  ],
  "schedule.type": [
    ["StepLR step_decay", value("step")],
    ["ExponentialLR", value("exponential")],
    ["CosineAnnealingLR cosine_annealing", value("cosine")],
    ["ReduceLROnPlateau", value("plateau")],
    [
      "OneCycleLR LambdaLR MultiStepLR LinearLR PolynomialDecay ExponentialDecay CosineDecay warmup noam cyclic",
      noValue("step, exponential, cosine and plateau do, stepped once an epoch"),
    ],
  ],
  "training.precision": [
    ["fp32 single float f32", value("float32")],
    ["fp64 double f64", value("float64")],
    ["fp16 float16 half bf16 bfloat16 mixed", noValue("float64 and float32 do")],
  ],
  "initial.scheme": [
    ["glorot_uniform xavier_uniform glorot", value("xavier")],
    ["lecun_normal", value("lecun")],
    ["random_normal gaussian randn", value("normal", "its deviation is scale")],
    ["orthogonal_init", value("orthogonal")],
    ["zero zeros_init", value("zeros")],
    ["eye", value("identity")],
    [
      "glorot_normal xavier_normal he_normal he_uniform kaiming_normal kaiming_uniform lecun_uniform",
      noValue("xavier, lecun, normal, uniform, orthogonal, identity and zeros do"),
    ],
    [
      "random_uniform truncated_normal variance_scaling ones constant",
      noValue("xavier, lecun, normal, uniform, orthogonal, identity and zeros do"),
    ],
  ],
};

// ---------------------------------------------------------------------------------------------- keys

const key = (here: string, note?: string): KeyMeaning => ({ key: here, ...(note !== undefined && { note }) });
/** One of whose value it cannot be told what to write. */
const about = (here: string, note: string): KeyMeaning => ({ key: here, note, value: () => undefined });
/** One whose value is another here. */
const switched = (here: string, values: Readonly<Record<string, unknown>>, note?: string): KeyMeaning => ({
  ...key(here, note),
  value: (given) => values[String(given)],
});
/** One whose value is a word, too. */
const worded = (here: string, table: string, note?: string): KeyMeaning => ({
  ...key(here, note),
  value: (given) => wordOf(table, given),
});
const noKey = (note: string, ...idle: unknown[]): KeyMeaning => ({ key: null, note, idle });

/** What a word of other software is here; one that no table has is the same in small letters. */
function wordOf(table: string, given: unknown): string | undefined {
  if (typeof given !== "string") return undefined;
  const meaning = meaningIn(valueWords[table]!, given);
  return meaning ? (meaning.value ?? undefined) : given.toLowerCase();
}

const typed = (table: string) => (given: unknown) => {
  const type = wordOf(table, given);
  return type === undefined ? undefined : { type };
};
const clipBy = (type: string) => (at: unknown) => (typeof at === "number" ? { type, at } : undefined);
const listOnly = (given: unknown) => (Array.isArray(given) ? given : undefined);
const pairOf = (first: string, second: string) => (given: unknown) =>
  Array.isArray(given) && given.length === 2 ? { [first]: given[0], [second]: given[1] } : undefined;
const numberOnly = (given: unknown) => (typeof given === "number" ? given : undefined);

const gates = (name: string) =>
  `its rows are units; an lstm and a gru have one a gate, ${name}i, ${name}f … or ${name}r …`;
const normOfAll = "it is of all gradients together";
const inOwnCell = 'a cell of your own under "cells" can have it';

/** Wherever they stand, where their place does not say otherwise; what they are here stands at its path from the top. */
export const wordsAnywhere: Words<KeyMeaning> = [
  ["lr learning_rate eta", key("training.optimizer.learningRate")],
  ["epochs epoch n_epochs num_epochs max_epochs nb_epoch iterations", key("training.epochs")],
  ["batch_size minibatch_size", key("training.batchSize")],
  ["bptt tbptt bptt_steps bptt_truncate truncated_bptt", key("training.truncate")],
  ["optimizer optimiser", { ...key("training.optimizer"), value: typed("optimizer.type") }],
  ["loss loss_fn loss_function criterion objective", { ...key("loss"), value: typed("loss.type") }],
  ["weight_decay l2 l2_reg regc", key("training.optimizer.weightDecay")],
  ["grad_clip max_grad_norm max_norm global_clipnorm", { ...key("training.clip", normOfAll), value: clipBy("norm") }],
  [
    "gradient_clip_val clip_by_global_norm clip_grad_norm",
    { ...key("training.clip", normOfAll), value: clipBy("norm") },
  ],
  [
    "clipnorm",
    {
      ...key("training.clip", "it is of all gradients together; that of each parameter by itself does not exist"),
      value: clipBy("norm"),
    },
  ],
  ["clipvalue clipval clip_grad_value", { ...key("training.clip"), value: clipBy("value") }],
  ["early_stopping error_thresh", about("training.stop", 'such as { "patience": 5 }, by the validation loss')],
  ["lr_scheduler scheduler lr_schedule learning_rate_schedule", about("training.schedule", "an object with its type")],
  ["callbacks", about("training.stop", "it ends early; training.schedule changes the rate")],
  ["dtype param_dtype fp16 amp", worded("training.precision", "training.precision", "training alone has it")],
  ["validation_split val_split", key("validation.fraction")],
  ["validation_data val_data", about("validation.sequences", "sequences as the file itself has them")],
  ["hidden_layers num_layers n_layers", { ...about("layers", "each layer is an entry"), idle: [1], stacks: true }],
  ["input_size input_dim input_shape n_features n_inputs", { ...key("inputSize"), value: numberOnly }],
  ["output_size num_classes n_classes n_outputs", { ...key("output.size"), value: numberOnly }],
  ["embedding_dim embedding_size embed_dim embed_size emb_size", { ...key("embedding.size"), value: numberOnly }],
  ["vocab alphabet charset", { ...key("vocabulary"), value: listOnly }],
  ["vocab_size num_embeddings n_tokens", about("inputSize", "where there is no vocabulary, whose length it is")],
  ["random_seed random_state manual_seed", about("initial.seed", "and the order's with shuffle is training.seed")],
  [
    "kernel_initializer recurrent_initializer weight_init",
    worded("initial.scheme", "initial.scheme", "one for all parameters"),
  ],
  [
    "kernel_init recurrent_kernel_init initializer",
    worded("initial.scheme", "initial.scheme", "one for all parameters"),
  ],
  ["forget_bias", { ...key("initial.forgetBias"), value: numberOnly }],
  ["unit_forget_bias", switched("initial.forgetBias", { true: 1, false: 0 })],
  ["init_scale init_std initializer_range", key("initial.scale", 'the scheme "normal" has it')],
  ["class_weight", { ...key("loss.classWeights", "a number a class"), value: listOnly }],
  ["label_smoothing", key("loss.labelSmoothing")],
  ["bias_initializer bias_init", noKey("a bias that the file leaves out is 0 at first", "zeros", 0)],
  ["kernel_regularizer recurrent_regularizer l1", noKey("there is training.optimizer.weightDecay", null, 0)],
  ["kernel_constraint recurrent_constraint", noKey("nothing bounds the parameters", null)],
  ["dropout recurrent_dropout zoneout dropout_rate", noKey("every unit takes part in every step", 0, null, false)],
  ["keep_prob", noKey("every unit takes part in every step", 1)],
  ["layer_norm layer_normalization batch_norm weight_norm", noKey("no layer normalises what it computes", false)],
  ["stateful", noKey('with "state": "carry" a sequence begins where the one before ended', false)],
  ["teacher_forcing teacher_forcing_ratio", noKey("the inputs are always the sequence's own", 1, true)],
  ["warmup warmup_steps", noKey("the first epoch has the rate learningRate", 0)],
  ["gradient_accumulation_steps accumulate_grad_batches", noKey("batchSize is what an update takes", 1)],
  ["max_steps steps_per_epoch", noKey("epochs says how often training goes over all sequences", null)],
  ["ignore_index padding_idx mask_zero", noKey("a target of null has no loss", -100, null, false)],
  ["peephole peepholes use_peepholes proj_size num_proj input_forget", noKey(inOwnCell, false, 0, null)],
  ["recurrent_activation gate_activation gate_fn", noKey(`gates are sigmoid; ${inOwnCell}`, "sigmoid")],
  ["activation_alpha activation_beta cell_clip clip_cell", noKey(inOwnCell, null, 0)],
];

const layerWords: Words<KeyMeaning> = [
  ["units hidden_size hidden_dim hidden_units num_units n_hidden nhid rnn_size", key("size")],
  ["hidden state_size cell_size features", key("size")],
  ["type rnn_type cell_type class_name layer_type", worded("cell", "layer.cell")],
  ["nonlinearity act activation_fn", worded("activation", "layer.activation")],
  ["use_bias with_bias", key("bias")],
  [
    "bidirectional bidir num_directions",
    switched("direction", { true: "both", 2: "both", false: "forward", 1: "forward" }),
  ],
  [
    "go_backwards",
    switched(
      "direction",
      { true: "backward", false: "forward" },
      'h_t stands at step t; output.at "ends" reads its end',
    ),
  ],
  ["merge_mode", noKey("h_t is the two passes' behind each other", "concat")],
  [
    "return_sequences",
    switched("output.at", { true: "every", false: "last" }, "the next layer always reads every h_t"),
  ],
  ["reset_after linear_before_reset", switched("reset", { true: "after", 1: "after", false: "before", 0: "before" })],
  ["clip", noKey("nothing bounds what a cell computes; training.clip is of gradients")],
  ["activations", noKey(inOwnCell)],
  ["initial_state initial_h h_0 hx", key("h0")],
  ["initial_c c_0 cx", key("c0")],
  ["weight_ih W_ih W_xh Wax", { ...key("Wxh", gates("Wx")), onlyIn: "rnn" }],
  ["weight_hh W_hh Waa", { ...key("Whh", gates("Wh")), onlyIn: "rnn" }],
  ["kernel", { ...key("Wxh", gates("Wx")), onlyIn: "rnn", isTransposed: true }],
  ["recurrent_kernel", { ...key("Whh", gates("Wh")), onlyIn: "rnn", isTransposed: true }],
  ["bias_ih bias_hh", about("bh", "one bias, the sum of the two; an lstm and a gru have one a gate, a gru also bhn")],
  ["U R B P", about("Wxh", gates("Wx"))],
  ["ii if ig io hi hf hg ho", about("Wxh", gates("Wx"))],
];

const optimizerWords: Words<KeyMeaning> = [
  ["lr learning_rate eta", key("learningRate")],
  ["eps smooth_eps", key("epsilon")],
  ["rho decay_rate", key("alpha", "rmsprop has it")],
  ["b1", key("beta1")],
  ["b2", key("beta2")],
  ["betas", { ...about("beta1", "and the second is beta2"), each: pairOf("beta1", "beta2") }],
  ["l2 l2_reg regc", key("weightDecay")],
  ["name class_name", worded("type", "optimizer.type")],
  ["decay lr_decay", noKey("training.schedule changes the rate from epoch to epoch", 0)],
  ["amsgrad centered maximize use_ema", noKey("the update is PyTorch's without it", false)],
  ["dampening momentum_decay eps_root", noKey("the update is PyTorch's without it", 0)],
  ["initial_accumulator_value", noKey("the sums of squares begin with 0", 0)],
];

/** By the place in which they stand; what they are here stands beside them, but for a path. */
export const keyWords: Readonly<Record<string, Words<KeyMeaning>>> = {
  file: [],
  layer: layerWords,
  output: [
    ["units features output_dim", key("size")],
    ["use_bias with_bias", key("bias")],
    ["act activation_fn", worded("activation", "output.activation")],
    ["weight W_hy Wya W V", key("Why", "its rows are outputs")],
    ["kernel", { ...key("Why", "its rows are outputs"), isTransposed: true }],
    ["b b_y", key("by")],
    ["return_sequences", switched("at", { true: "every", false: "last" })],
  ],
  loss: [
    ["weight class_weight", { ...key("classWeights", "a number a class"), value: listOnly }],
    ["name class_name", worded("type", "loss.type")],
    ["beta", key("delta", "huber has it")],
    ["size_average reduce", about("reduction", '"sum" or "mean" over the steps with a target')],
    ["pos_weight gamma", noKey("classes have classWeights, sequences weights", 1)],
  ],
  training: [
    ["learningRate lr", key("training.optimizer.learningRate")],
    ["momentum", key("training.optimizer.momentum")],
    ["nesterov", key("training.optimizer.nesterov")],
    ["beta1", key("training.optimizer.beta1")],
    ["beta2", key("training.optimizer.beta2")],
    ["alpha rho decay_rate", key("training.optimizer.alpha", "rmsprop has it")],
    ["epsilon eps smooth_eps", key("training.optimizer.epsilon")],
    ["patience", key("training.stop.patience")],
  ],
  optimizer: optimizerWords,
  clip: [
    ["max_norm norm threshold value", key("at")],
    ["norm_type", noKey("the norm is the root of the sum of squares", 2)],
  ],
  schedule: [
    ["step_size", key("every")],
    ["gamma decay_rate", key("factor")],
    ["T_max", key("epochs")],
    ["eta_min", key("floor")],
  ],
  stop: [
    ["min_delta", noKey("any fall of the validation loss counts", 0)],
    ["restore_best_weights", noKey("the best parameters are kept", true)],
  ],
  validation: [["validation_split split test_size", key("fraction")]],
  embedding: [
    ["output_dim embedding_dim dim features", key("size")],
    ["weight weights embeddings", key("E", "its rows are tokens")],
  ],
  initial: [
    ["std stddev sigma", key("scale", 'the scheme "normal" has it')],
    ["distribution method type init", worded("scheme", "initial.scheme")],
    ["gain", noKey("each scheme has its own spread; scale belongs to normal and identity", 1)],
  ],
  sequence: [
    ["input x", key("inputs")],
    ["output y label labels", about("targets", 'or "target" with one item where output.at is not "every"')],
    ["initial_state initial_h h_0 hx", key("h0")],
    ["initial_c c_0 cx", key("c0")],
    ["sample_weight", { ...key("weight"), value: numberOnly }],
    ["mask sample_weights", key("weights", "a number a step")],
  ],
  sequences: [
    ["n num n_samples num_samples", key("count")],
    ["seq_len sequence_length timesteps", key("length")],
    ["path filename", key("file")],
    ["lookback window_size", key("window")],
  ],
};
