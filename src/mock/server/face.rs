//! A server for a test: started in one line, asked what it saw.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Exchanged, History, Mount, Options, Server};
use crate::contract::Contract;
use crate::mock::{Mock, Rules, Settings, Trouble};
use crate::verdict::Finding;

impl Server {
    /// Serves a contract, or a mock of one's own, at a free port of this machine, on a thread of its
    /// own: in blocking and in async tests alike. It ends when it is dropped.
    ///
    /// ```
    /// # use countersign::contract::{Alone, Contract, Parts};
    /// # use countersign::source::Source;
    /// # let text = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {}";
    /// # let document = Source::new("shop.yaml", text);
    /// # let parts = Parts { name: "shop".into(), document, overlay: None, promises: None };
    /// # let (contract, _) = Contract::load(parts, &Alone)?;
    /// let server = countersign::mock::Server::start(contract)?;
    /// let base_url = server.url(); // for the client under test
    /// // …
    /// assert_eq!(server.findings(), [], "the client broke the contract");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Where there is no port or thread to be had.
    pub fn start(mock: impl Into<Mock>) -> std::io::Result<Self> {
        let mounts = vec![Mount { prefix: String::new(), mock: Arc::new(mock.into()) }];
        let options = Options { history: Some(History::default()), ..Options::default() };
        Self::open_blocking(mounts, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), options)
    }

    /// The exchanges so far, in their order: the last thousand, unless the history says otherwise;
    /// none without a history. An exchange is here before its client has the answer.
    pub fn exchanges(&self) -> Vec<Arc<Exchanged>> {
        self.shared.journal.as_ref().map(|journal| journal.kept()).unwrap_or_default()
    }

    /// What was wrong with the requests of these exchanges.
    pub fn findings(&self) -> Vec<Finding> {
        self.exchanges().iter().flat_map(|exchanged| exchanged.findings.clone()).collect()
    }

    /// What was wrong with the mock itself: a rule that breaks the contract, a schema without a value.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.exchanges().iter().flat_map(|exchanged| exchanged.troubles.clone()).collect()
    }

    /// Forgets the exchanges, and what requests changed.
    pub fn reset(&self) {
        self.shared.mounts.get().mocks().iter().for_each(|mock| mock.reset());
        if let Some(journal) = &self.shared.journal {
            journal.clear();
        }
    }
}

/// A mock without rules, whose answers are the same each time.
impl From<Arc<Contract>> for Mock {
    fn from(contract: Arc<Contract>) -> Self {
        Self::new(contract, Rules::default(), Settings::repeatable(0))
    }
}

/// A mock without rules, whose answers are the same each time.
impl From<Contract> for Mock {
    fn from(contract: Contract) -> Self {
        Arc::new(contract).into()
    }
}
