/** A thread of the pool. */
import { workerData } from "node:worker_threads";
import { instantiate } from "./kernels";
import type { PoolData } from "./pool";
import { serve } from "./pool";

const data = workerData as PoolData;
serve(instantiate(data.module, data.memory), data);
