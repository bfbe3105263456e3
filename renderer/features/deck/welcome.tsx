import { useMutation, useQuery } from '@tanstack/react-query';
import { FileUp, FlaskConical, type LucideIcon, Server } from 'lucide-react';
import { useLocation } from 'wouter';
import { useClient, useLive, useOrpc } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { Page } from '../../ui/page';
import { PROTECTION_SENTENCES } from '../vault/protection-words';
import styles from './welcome.module.css';

/** The first start: three ways to put something on the deck. */
export function Welcome() {
  const client = useClient();
  const [, navigate] = useLocation();
  const info = useQuery(useOrpc().app.info.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  const vault = useLive((state) => state.vault);
  const demo = useMutation({ mutationFn: () => client.app.openDemo(), onError: useFailureToast() });
  return (
    <Page title="Welcome to Clusterdeck" lead="Put your first cluster on the deck.">
      <ul className={styles.ways}>
        <Way
          icon={Server}
          title="Add a cluster"
          text="Its address and an account are enough. The connection is tested before anything is saved."
          onClick={() => navigate('/add')}
        />
        <Way
          icon={FileUp}
          title="Import from a file"
          text="A bundle of another desk, or a lab portal’s clusters.json. You see each entry before it is imported; the file stays as it is."
          onClick={() => navigate('/import')}
        />
        {info.data?.canOpenDemo === true && (
          <Way
            icon={FlaskConical}
            title="Open the demo lab"
            text="Simulated clusters of both kinds in a window of their own, on a throw-away folder."
            busy={demo.isPending}
            onClick={() => demo.mutate()}
          />
        )}
      </ul>
      {vault && (
        <p className={styles.note}>
          {PROTECTION_SENTENCES[vault.protection]} <a href="#/settings">Change this</a>
        </p>
      )}
    </Page>
  );
}

interface WayProps {
  icon: LucideIcon;
  title: string;
  text: string;
  busy?: boolean;
  onClick: () => void;
}

function Way({ icon: Icon, title, text, busy = false, onClick }: WayProps) {
  return (
    <li>
      <button type="button" className={styles.way} disabled={busy} onClick={onClick}>
        <Icon size={22} strokeWidth={1.6} aria-hidden />
        <strong>{title}</strong>
        <span>{text}</span>
      </button>
    </li>
  );
}
