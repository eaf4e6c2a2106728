"""How well a latent space keeps what pictures differ in apart."""
