import type { Problem } from "../../engine/model";
import { pythonNumber } from "../python";

/** `train.py`: on one machine as it is, on many through `torchrun`. */
export function trainPy({ training }: Problem): string {
  const { optimizer, schedule, clip, epochs, batchSize, batchReduction, shuffle, seed } = training;
  const { type, learningRate, momentum, nesterov, beta1, beta2, alpha, epsilon, weightDecay } = optimizer;
  const decay = `weight_decay=${pythonNumber(weightDecay)}`;
  const eps = `eps=${pythonNumber(epsilon)}`;
  const betas = `betas=(${pythonNumber(beta1)}, ${pythonNumber(beta2)})`;
  const mu = `momentum=${pythonNumber(momentum)}`;
  const options = {
    sgd: ["SGD", mu, decay, ...(nesterov ? ["nesterov=True"] : [])],
    adagrad: ["Adagrad", decay, eps],
    rmsprop: ["RMSprop", `alpha=${pythonNumber(alpha)}`, mu, decay, eps],
    adam: ["Adam", betas, decay, eps],
    adamw: ["AdamW", betas, decay, eps],
  }[type];
  const [name, ...rest] = options;
  const rate = (() => {
    switch (schedule?.type) {
      case "step":
        return `RATE * ${pythonNumber(schedule.factor)} ** ((epoch - 1) // ${schedule.every})`;
      case "exponential":
        return `RATE * ${pythonNumber(schedule.factor)} ** (epoch - 1)`;
      case "cosine": {
        const floor = pythonNumber(schedule.floor);
        return `${floor} if epoch > ${schedule.epochs} else ${floor} + (RATE - ${floor}) * (1 + math.cos(math.pi * (epoch - 1) / ${schedule.epochs})) / 2`;
      }
      case "plateau":
      case undefined:
        return "RATE";
    }
  })();
  const clipLine = clip === null ? "pass" : `torch.nn.utils.clip_grad_${clip.type}_(trained, ${pythonNumber(clip.at)})`;
  return `${[
    `"""
Trains the network of model.py on data.jsonl, and prints a line of JSON an epoch.

    python train.py                                     on one machine
    torchrun --nproc_per_node 4 train.py                on many processes or machines, with the same batches

It goes on from checkpoint.pt, where that is there. back.py brings the parameters back.
"""`,
    String.raw`import argparse
import json
import math
import os
import pathlib
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset, Sampler

from model import PRECISION, Loss, Network, divisor, load_parameters`,
    `FOLDER = pathlib.Path(__file__).resolve().parent
EPOCHS = ${epochs}
BATCH_SIZE = ${batchSize}
BATCH_REDUCTION = "${batchReduction}"
SHUFFLE = ${shuffle ? "True" : "False"}
SEED = ${seed}
RATE = ${pythonNumber(learningRate)}`,
    `def rate_of(epoch):
    return ${rate}


def optimizer_of(trained):
    return torch.optim.${name}(${["trained", "lr=RATE", ...rest].join(", ")})


def clip(trained):
    ${clipLine}`,
    loop,
  ].join("\n\n\n")}\n`;
}

const loop = String.raw`class Sequences(Dataset):
    def __init__(self, path):
        with open(path) as lines:
            self.sequences = [json.loads(line) for line in lines if line.strip()]

    def __len__(self):
        return len(self.sequences)

    def __getitem__(self, k):
        return self.sequences[k]


class Batches(Sampler):
    """The batches of an epoch, the same for every process; each process reads its own sequences of them."""

    def __init__(self, count, size):
        self.count, self.size = count, size
        self.epoch, self.first = 1, 0

    def __len__(self):
        return math.ceil(self.count / self.size)

    def __iter__(self):
        order = list(range(self.count))
        if SHUFFLE:
            generator = torch.Generator().manual_seed(SEED + self.epoch)
            order = torch.randperm(self.count, generator=generator).tolist()
        for k in range(self.first, len(self)):
            yield order[k * self.size : (k + 1) * self.size]


def write_checkpoint(path, **state):
    """Whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--epochs", type=int, default=EPOCHS)
    arguments.add_argument("--updates", type=int, default=None, help="end after so many updates in all")
    arguments.add_argument("--print-updates", action="store_true", help="print a line an update, too")
    arguments.add_argument("--checkpoint-every", type=int, default=100, help="updates; the end of an epoch has one, too")
    arguments.add_argument("--checkpoint", type=pathlib.Path, default=FOLDER / "checkpoint.pt")
    arguments.add_argument("--backend", default=None, help="gloo or nccl; nccl where there are GPUs")
    arguments.add_argument("--dtype", choices=["float64", "float32"], default=str(PRECISION).split(".")[1])
    options = arguments.parse_args()

    torch.set_default_dtype(getattr(torch, options.dtype))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    cuda = torch.cuda.is_available() and options.backend != "gloo"
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if world > 1:
        dist.init_process_group(options.backend or ("nccl" if cuda else "gloo"))
    rank = dist.get_rank() if world > 1 else 0

    def say(**line):
        if rank == 0:
            print(json.dumps(line), flush=True)

    def total(*values):
        """The sum over all processes."""
        sums = torch.tensor(values, dtype=torch.float64, device=device)
        if world > 1:
            dist.all_reduce(sums)
        return sums.tolist()

    network = Network().to(device)
    network.take(load_parameters(FOLDER / "model.safetensors"))
    trained = [part for part in network.parts if part.requires_grad]
    optimizer = optimizer_of(trained)
    data = Sequences(FOLDER / "data.jsonl")
    epoch, first, update, losses = 1, 0, 0, 0.0
    if options.checkpoint.exists():
        state = torch.load(options.checkpoint, map_location=device)
        network.take(state["parameters"])
        optimizer.load_state_dict(state["optimizer"])
        epoch, first, update, losses = state["epoch"], state["batch"], state["update"], state["losses"]
        say(goes_on_after_update=update)
    loss = Loss(network, BATCH_REDUCTION)
    if world > 1:
        loss = DistributedDataParallel(loss)
    batches = Batches(len(data), BATCH_SIZE)
    loader = DataLoader(data, batch_sampler=batches, collate_fn=list)

    def checkpoint(epoch, batch):
        if rank == 0:
            write_checkpoint(
                options.checkpoint,
                parameters={name: part.detach() for name, part in network.by_name().items()},
                optimizer=optimizer.state_dict(),
                epoch=epoch,
                batch=batch,
                update=update,
                losses=losses,
            )

    started = time.monotonic()
    while epoch <= options.epochs and update != options.updates:
        batches.epoch, batches.first = epoch, first
        for group in optimizer.param_groups:
            group["lr"] = rate_of(epoch)
        for k, batch in enumerate(loader, first):
            own = batch[rank::world]
            whole = sum(divisor(sequence, own_weight=True) for sequence in batch) or 1.0
            optimizer.zero_grad()
            objective, of_sequences = loss(own, len(batch), whole)
            # DistributedDataParallel takes the mean over the processes: times their number it is the sum
            (world * objective).backward()
            clip(trained)
            optimizer.step()
            in_all, in_batch = total(of_sequences.item(), objective.item())
            losses += in_all
            update += 1
            if options.print_updates:
                say(update=update, loss=in_batch)
            if update == options.updates:
                checkpoint(epoch, k + 1)
                break
            if update % options.checkpoint_every == 0:
                checkpoint(epoch, k + 1)
        else:
            say(epoch=epoch, loss=losses / len(data), seconds=round(time.monotonic() - started, 6))
            epoch, first, losses, started = epoch + 1, 0, 0.0, time.monotonic()
            checkpoint(epoch, 0)
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()`;
