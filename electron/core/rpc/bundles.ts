import type { BundleServices } from '../bundles/compose';
import { os } from './base';

export function createBundlesRouter({ exporter, importer, offers }: BundleServices) {
  return {
    export: os.bundles.export.handler(({ input: { clusters, ...wish } }) =>
      exporter.run(wish, clusters),
    ),
    open: os.bundles.open.handler(async function* ({ input }) {
      const { passphrase, identity } = input;
      const { bytes, fileName } =
        'offer' in input
          ? await offers.read(input.offer)
          : { bytes: Buffer.from(input.base64, 'base64'), fileName: input.fileName };
      yield* importer.open(bytes, fileName, { passphrase, identity });
    }),
    preview: os.bundles.preview.handler(({ input }) => importer.preview(input.token)),
    apply: os.bundles.apply.handler(({ input }) => importer.apply(input)),
    last: os.bundles.last.handler(() => importer.last()),
    undo: os.bundles.undo.handler(({ input }) => importer.undo(input.importId)),
    offers: os.bundles.offers.handler(() => offers.list()),
  };
}
