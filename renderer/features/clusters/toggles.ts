import { Disc, Layers, type LucideIcon, Moon, Rocket } from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';

type ToggleField = keyof Pick<
  Cluster,
  'allowVmDeployment' | 'allowTemplateSync' | 'allowIsoSync' | 'autoShutdownEnabled'
>;

interface DeploymentToggle {
  field: ToggleField;
  name: string;
  /** a sentence on what it steers */
  sentence: string;
  icon: LucideIcon;
}

/** The four deployment toggles, in the order in which they stand everywhere. */
export const DEPLOYMENT_TOGGLES: readonly DeploymentToggle[] = [
  {
    field: 'allowVmDeployment',
    name: 'New guests',
    sentence: 'New guests may be placed here.',
    icon: Rocket,
  },
  {
    field: 'allowTemplateSync',
    name: 'Template sync',
    sentence: 'Its templates are read into the catalogue and kept in step.',
    icon: Layers,
  },
  {
    field: 'allowIsoSync',
    name: 'ISO sync',
    sentence: 'Its ISO images are read into the catalogue and kept in step.',
    icon: Disc,
  },
  {
    field: 'autoShutdownEnabled',
    name: 'Idle shutdown',
    sentence: 'Guests that idle for long may be shut down, unless protected.',
    icon: Moon,
  },
];
