import type { ClustersJsonImport } from '../imports/clusters-json';
import { os } from './base';

export function createImportsRouter(imports: ClustersJsonImport) {
  return {
    previewClustersJson: os.imports.previewClustersJson.handler(({ input }) =>
      imports.preview(input.text),
    ),
    applyClustersJson: os.imports.applyClustersJson.handler(({ input }) =>
      imports.apply(input.text, input.only),
    ),
  };
}
