import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/button';
import type { Planning } from './use-wizard';

interface LookButtonProps {
  planning: Pick<Planning, 'look'>;
  children: string;
}

/** Has everything looked at now. It is busy only when it was pressed, not with each look. */
export function LookButton({ planning, children }: LookButtonProps) {
  const [isAsked, setAsked] = useState(false);
  return (
    <Button
      small
      icon={RefreshCw}
      busy={isAsked}
      onClick={() => {
        setAsked(true);
        void planning.look().finally(() => setAsked(false));
      }}
    >
      {children}
    </Button>
  );
}
