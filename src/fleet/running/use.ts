/** A container of a workload that runs an image; of several pods that run the same, one. */
export interface Use {
  /** What the file is called: one for each cluster. */
  readonly cluster: string;
  readonly namespace?: string;
  /** `kind` is absent where a line says where it is in words of its own. */
  readonly workload: { readonly kind?: string; readonly name: string };
  /** The container's name; absent of a line. */
  readonly container?: string;
  /** As the pod's specification or the line has it. */
  readonly image: string;
  /** What runs; absent: nobody says. */
  readonly running?: RunningDigest;
  readonly pods: number;
  /** It is what a workload will start: no pod was listed. */
  readonly isTemplate: boolean;
}

export interface RunningDigest {
  /** `any`: of a manifest, an index, or the configuration; `manifest`: one of the former. */
  readonly kind: 'manifest' | 'any';
  readonly digest: string;
}
