/** What `--help` prints. */
export const usage = `Usage: unroll COMMAND FILE.rnn.json [OPTIONS]

  trace FILE [--sequence N] [--steps A..B] [--contributions]
      One sequence, forward and back, parameters unchanged: every number of every step.
      --sequence N      which sequence, from 0 (default 0)
      --steps A..B      these steps alone, from 1, both included; loss and gradients are the whole sequence's
      --contributions   adds each step's own share of every parameter's gradient

  train FILE [--epochs N] [--out FILE]
      Trains as the file says and prints one JSON line an epoch.
      --epochs N        instead of the file's number of epochs
      --out FILE        writes the file with the trained parameters in it; interrupted, with those it has

  evaluate FILE [--sequences all|validation|training]
      The loss, of classes the accuracy and the confusion matrix (a row a target), and each sequence's loss. Nothing is trained.
      --sequences       all (default), those held back as validation, or those that are trained on

  predict FILE [--sequence N|all] [--inputs JSON] [--generate N] [--temperature T] [--seed S] [--stop TOKEN]
      The outputs of every read-out step and the most probable token of each.
      --sequence N      which sequence, from 0 (default 0); all: a line for each
      --inputs JSON     these inputs instead: an array as "inputs" has it, or a text in quotes
      --generate N      lets the model go on for N tokens, or without a vocabulary N outputs, and prints these alone
      --temperature T   divides the logits before a token is drawn; 0 takes the most probable (default 1)
      --seed S          of the drawing (default 0)
      --stop TOKEN      ends what is generated, and is no part of it

  check FILE [--marks]
      Every expectation of "expect", and every parameter's gradient against central differences. Where known slips explain
      what is wrong, "diagnosis" names them, with the first number that went wrong; "hints" says what single numbers allow.
      --marks           adds each expected number with its mark: right, wrong, or "follows" from the author's own numbers

  import FILE [--out FILE] [--weights inline|beside] [--layer NAME]
      Reads a model of other software (PyTorch, safetensors, ONNX, Keras, TensorFlow.js, NumPy, NAM, GuitarML, AIDA-X,
      RTNeural, brain.js) and says what is in it, and what of that this format can hold.
      --out FILE        writes the model
      --weights WHERE   its parameters in the file, or beside it as .safetensors (default: beside it from 100,000 numbers on)
      --layer NAME      only the layers from this recurrent one on

  export FILE --to TARGET --out FILE
      Writes the model for other software, and says what that keeps in another way; what it cannot say is refused by name.
      --to TARGET       pytorch (a folder with model.py, train.py for one machine or many, back.py), safetensors, onnx, keras,
                        npz, tfjs, rtneural, nam or c (one file of C99 with test vectors)
      --out FILE        what is written

  compare A B [--tolerance E] [--sequence N]
      A sequence of the model A against B: another model (of other software, too), a trace, or arrays of states or outputs
      [T × n] (.npz, .npy, .json, or as programs print them, .txt). Prints the first place, in the order of computation, where
      they differ, the largest difference of each quantity at each step, and the convention under which all agree.
      --tolerance E     two numbers agree where |a − b| / max(1, |a|, |b|) is no more (default 1e-6)
      --sequence N      which sequence, from 0 (default 0)

  streams FILE [--chunk N] [--sequence N]
      A sequence read whole, in chunks, and with the state reset at each chunk: the outputs of each, their largest difference to
      the whole, and the warm-up after which two different starts agree to 1e-6 (null where they do not by the end).
      --chunk N         steps of a chunk (default: a quarter of the sequence)
      --sequence N      which sequence, from 0 (default 0)

  --help                prints this

Exit status: 0; 1 where a check failed, a training run diverged, two files differ, or an import left something recurrent out; 2 where the file or the call is bad.
`;
