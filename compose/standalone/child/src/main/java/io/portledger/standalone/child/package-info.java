/** What makes a process a child of the standalone launcher: it ends when its parent ends, however that ended. */
package io.portledger.standalone.child;
