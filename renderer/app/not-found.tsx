import { Compass } from 'lucide-react';
import { useLocation } from 'wouter';
import { Button } from '../ui/button';
import { EmptyState } from '../ui/feedback';
import { Page } from '../ui/page';

/** For an address that leads nowhere, or no longer does. */
export function NotFound(props: { what?: string }) {
  const [, navigate] = useLocation();
  return (
    <Page title="Not here">
      <EmptyState
        icon={Compass}
        title={props.what ?? 'There is no such page.'}
        actions={<Button onClick={() => navigate('/')}>Go to the deck</Button>}
      />
    </Page>
  );
}
