"""What every door on this device needs: private folders, private sockets, who is calling, which services there are."""
